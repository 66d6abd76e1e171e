package history

import (
	"strings"
	"time"

	"github.com/freshet/freshet/sync/model"
	"github.com/parquet-go/parquet-go"
)

// Delivery is one record's part of one call: what was sent and what came of it.
type Delivery struct {
	Sync       string
	Run        model.RunID
	Call       model.CallID
	Ord        int64 // the step's ordinal in the plan
	Key        model.Key
	Verb       string
	Verdict    string
	Effect     string
	Cause      string // why it was sent: entered, changed, …
	Version    string
	Code       string
	Message    string
	RequestID  string
	RemoteID   string
	Attempt    int
	IntendedAt time.Time // kept to the microsecond, in UTC
	SettledAt  time.Time // zero where no outcome was seen
	Match      string    // JSON
	Fields     string    // JSON
	Before     string    // JSON, "" where nothing stood before
}

// size is about how many bytes a delivery takes.
func (d *Delivery) size() int {
	return 200 + len(d.Key) + len(d.Match) + len(d.Fields) + len(d.Before) + len(d.Message)
}

// deliveryRow says how a delivery lies in the file, for people who read it with SQL. Columns are only ever added, at the
// end: files of older versions are read with what they have.
type deliveryRow struct {
	Sync       string `parquet:"sync,dict"`
	Run        string `parquet:"run,dict"`
	Call       string `parquet:"call,dict"`
	Ord        int64  `parquet:"ord"`
	Key        string `parquet:"key"`
	Verb       string `parquet:"verb,dict"`
	Verdict    string `parquet:"verdict,dict"`
	Effect     string `parquet:"effect,dict"`
	Cause      string `parquet:"cause,dict"`
	Version    string `parquet:"version"`
	Code       string `parquet:"code,dict"`
	Message    string `parquet:"message"`
	RequestID  string `parquet:"request_id,dict"`
	RemoteID   string `parquet:"remote_id"`
	Attempt    int64  `parquet:"attempt"`
	IntendedAt *int64 `parquet:"intended_at,optional,timestamp(microsecond)"`
	SettledAt  *int64 `parquet:"settled_at,optional,timestamp(microsecond)"`
	Match      string `parquet:"match"`
	Fields     string `parquet:"fields"`
	Before     string `parquet:"before"`
}

// unboundedTexts are the columns whose smallest and largest values are nobody's business: they would stand in the footer.
var unboundedTexts = [...]string{"message", "match", "fields", "before"}

// column is one column of the file and how a delivery gives it.
type column struct {
	name string
	get  func(d *Delivery, i int) parquet.Value // i: the column's place
	set  func(*Delivery, any)                   // a string, int64, time.Time, or nil
}

func columns() []column {
	return []column{
		text("sync", func(d *Delivery) *string { return &d.Sync }),
		text("run", func(d *Delivery) *string { return (*string)(&d.Run) }),
		text("call", func(d *Delivery) *string { return (*string)(&d.Call) }),
		number("ord", func(d *Delivery) int64 { return d.Ord }, func(d *Delivery, n int64) { d.Ord = n }),
		text("key", func(d *Delivery) *string { return (*string)(&d.Key) }),
		text("verb", func(d *Delivery) *string { return &d.Verb }),
		text("verdict", func(d *Delivery) *string { return &d.Verdict }),
		text("effect", func(d *Delivery) *string { return &d.Effect }),
		text("cause", func(d *Delivery) *string { return &d.Cause }),
		text("version", func(d *Delivery) *string { return &d.Version }),
		text("code", func(d *Delivery) *string { return &d.Code }),
		text("message", func(d *Delivery) *string { return &d.Message }),
		text("request_id", func(d *Delivery) *string { return &d.RequestID }),
		text("remote_id", func(d *Delivery) *string { return &d.RemoteID }),
		number("attempt", func(d *Delivery) int64 { return int64(d.Attempt) }, func(d *Delivery, n int64) { d.Attempt = int(n) }),
		moment("intended_at", func(d *Delivery) *time.Time { return &d.IntendedAt }),
		moment("settled_at", func(d *Delivery) *time.Time { return &d.SettledAt }),
		text("match", func(d *Delivery) *string { return &d.Match }),
		text("fields", func(d *Delivery) *string { return &d.Fields }),
		text("before", func(d *Delivery) *string { return &d.Before }),
	}
}

func text(name string, at func(*Delivery) *string) column {
	return column{name, func(d *Delivery, i int) parquet.Value {
		return parquet.ByteArrayValue([]byte(valid(*at(d)))).Level(0, 0, i)
	},
		func(d *Delivery, v any) { *at(d), _ = v.(string) }}
}

func number(name string, get func(*Delivery) int64, set func(*Delivery, int64)) column {
	return column{name, func(d *Delivery, i int) parquet.Value { return parquet.Int64Value(get(d)).Level(0, 0, i) },
		func(d *Delivery, v any) {
			n, _ := v.(int64)
			set(d, n)
		}}
}

func moment(name string, at func(*Delivery) *time.Time) column {
	get := func(d *Delivery, i int) parquet.Value {
		if at(d).IsZero() {
			return parquet.NullValue().Level(0, 0, i)
		}
		return parquet.Int64Value(at(d).UnixMicro()).Level(0, 1, i)
	}
	set := func(d *Delivery, v any) {
		if t, ok := v.(time.Time); ok {
			*at(d) = t.UTC()
		}
	}
	return column{name, get, set}
}

// valid is s as Parquet can keep it: bytes that are not UTF-8 become U+FFFD.
func valid(s string) string { return strings.ToValidUTF8(s, "\ufffd") }
