package model

import "time"

// TopicID tells a topic from another that had its name before it. The zero TopicID is "the broker does not say".
type TopicID [16]byte

// Header is one header of an event.
type Header struct {
	Name  string
	Value []byte
}

// Event is one record of a topic exactly as it came.
type Event struct {
	Topic     string
	TopicID   TopicID
	Partition int32
	Offset    int64
	Epoch     int32     // the leader's epoch, -1 where the broker does not say
	At        time.Time // the record's own timestamp, in milliseconds: when it was made, or, by the topic's setting, appended
	Key       []byte    // nil: null, which is not the same as empty
	Value     []byte    // nil: null, a tombstone
	Headers   []Header
}

// Size is about how many bytes of memory the event holds.
func (e *Event) Size() int {
	n := 128 + len(e.Key) + len(e.Value)
	for _, h := range e.Headers {
		n += 40 + len(h.Name) + len(h.Value)
	}
	return n
}

// Position says how far a partition has been read.
type Position struct {
	Topic     string
	TopicID   TopicID
	Partition int32
	Next      int64 // offset of the first event not read yet
	Epoch     int32 // the leader's epoch of the event before it, -1 where unknown
}
