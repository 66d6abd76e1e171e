package model

import "cmp"

// Version orders the events of one key, whichever partition they come from: Guarantee G27. Epoch is of the topic and
// grows when it is made anew. Clock is the greatest timestamp, in milliseconds, of the event and all before it in its
// partition, so it never falls within one; there the offset decides. No clock of ours takes part.
type Version struct {
	Epoch     int64
	Clock     int64
	Topic     int64 // the topic's number in the ledger
	Partition int32
	Offset    int64
}

// Compare is negative where v comes before w.
func (v Version) Compare(w Version) int {
	return cmp.Or(cmp.Compare(v.Epoch, w.Epoch), cmp.Compare(v.Clock, w.Clock), cmp.Compare(v.Topic, w.Topic),
		cmp.Compare(v.Partition, w.Partition), cmp.Compare(v.Offset, w.Offset))
}
