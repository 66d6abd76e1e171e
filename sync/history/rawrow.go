package history

import (
	"cmp"
	"strings"
	"unicode/utf8"

	"github.com/freshet/freshet/sync/model"
	"github.com/parquet-go/parquet-go"
)

// rawRow says how an event lies in the file, for people who read it with SQL. Columns are only ever added, at the end.
type rawRow struct {
	Topic     string      `parquet:"topic,dict"`
	TopicID   [16]byte    `parquet:"topic_id,uuid,dict"`
	Partition int32       `parquet:"partition"`
	Offset    int64       `parquet:"offset,delta"`
	Epoch     int32       `parquet:"epoch"`
	At        int64       `parquet:"ts,delta,timestamp(millisecond)"`
	Key       []byte      `parquet:"key,optional"`
	Value     []byte      `parquet:"value,optional"`
	Headers   []rawHeader `parquet:"headers,list"`
}

type rawHeader struct {
	Name  string `parquet:"name"`
	Value []byte `parquet:"value,optional"`
	Bytes []byte `parquet:"name_bytes,optional"` // the name where it is not UTF-8; name is then readable only
}

// The columns of the file, in its order.
const (
	inTopic = iota
	inTopicID
	inPartition
	inOffset
	inEpoch
	inAt
	inKey
	inValue
	inHeaderName
	inHeaderValue
	inHeaderBytes
	rawColumns
)

// unbounded are the columns whose smallest and largest values are nobody's business: they would stand in the footer.
var unbounded = [...][]string{{"key"}, {"value"}, {"headers", "list", "element", "name"},
	{"headers", "list", "element", "value"}, {"headers", "list", "element", "name_bytes"}}

// appendValues appends what one column holds of an event.
func appendValues(to []parquet.Value, e *model.Event, column int) []parquet.Value {
	switch column {
	case inTopic:
		return append(to, parquet.ByteArrayValue([]byte(e.Topic)).Level(0, 0, column))
	case inTopicID:
		return append(to, parquet.FixedLenByteArrayValue(e.TopicID[:]).Level(0, 0, column))
	case inPartition:
		return append(to, parquet.Int32Value(e.Partition).Level(0, 0, column))
	case inOffset:
		return append(to, parquet.Int64Value(e.Offset).Level(0, 0, column))
	case inEpoch:
		return append(to, parquet.Int32Value(e.Epoch).Level(0, 0, column))
	case inAt:
		return append(to, parquet.Int64Value(e.At.UnixMilli()).Level(0, 0, column))
	case inKey:
		return append(to, orNull(e.Key, 0, 0, column))
	case inValue:
		return append(to, orNull(e.Value, 0, 0, column))
	}
	if len(e.Headers) == 0 {
		return append(to, parquet.NullValue().Level(0, 0, column))
	}
	for i := range e.Headers {
		to = append(to, headerValue(&e.Headers[i], min(i, 1), column))
	}
	return to
}

// headerValue is what one column holds of a header; repeated is 0 for the first header of an event and 1 for others.
func headerValue(h *model.Header, repeated, column int) parquet.Value {
	switch {
	case column == inHeaderValue:
		return orNull(h.Value, repeated, 1, column)
	case column == inHeaderName:
		return parquet.ByteArrayValue([]byte(valid(h.Name))).Level(repeated, 1, column)
	case utf8.ValidString(h.Name):
		return orNull(nil, repeated, 1, column)
	default:
		return orNull([]byte(h.Name), repeated, 1, column)
	}
}

// orNull is bytes in an optional column inside of so many others.
func orNull(b []byte, repeated, inside, column int) parquet.Value {
	if b == nil {
		return parquet.NullValue().Level(repeated, inside, column)
	}
	return parquet.ByteArrayValue(b).Level(repeated, inside+1, column)
}

// rawBytes is how many bytes of an event came from outside.
func rawBytes(e *model.Event) int64 {
	n := len(e.Key) + len(e.Value)
	for _, h := range e.Headers {
		n += len(h.Name) + len(h.Value)
	}
	return int64(n)
}

// compareEvents is the order of a file. Events that compare equal are one event that was read twice: an offset alone is
// not enough, since a log that lost its end fills the same offsets anew, in another epoch or at another time.
func compareEvents(a, b *model.Event) int {
	if c := comparePartitions(partitionOf(a), partitionOf(b)); c != 0 {
		return c
	}
	return cmp.Or(cmp.Compare(a.Offset, b.Offset), cmp.Compare(a.Epoch, b.Epoch), cmp.Compare(a.At.UnixMilli(), b.At.UnixMilli()))
}

// partition is a partition of a topic that was not made anew under its name.
type partition struct {
	topic  string
	id     model.TopicID
	number int32
}

func partitionOf(e *model.Event) partition { return partition{e.Topic, e.TopicID, e.Partition} }

func comparePartitions(a, b partition) int {
	if a == b {
		return 0
	}
	return cmp.Or(strings.Compare(a.topic, b.topic), strings.Compare(string(a.id[:]), string(b.id[:])), cmp.Compare(a.number, b.number))
}
