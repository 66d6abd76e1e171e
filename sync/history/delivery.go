package history

import (
	"strings"
	"time"

	"github.com/duckdb/duckdb-go/v2"
	"github.com/freshet/freshet/sync/model"
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

// column is one column of the file and how a delivery gives it. Columns are only ever added, at the end: files of
// older versions are read with what they have.
type column struct {
	name string
	kind duckdb.Type
	get  func(*Delivery) any // string, int64, time.Time, or nil
	set  func(*Delivery, any)
}

func columns() []column {
	return []column{
		text("sync", func(d *Delivery) *string { return &d.Sync }),
		text("run", func(d *Delivery) *string { return (*string)(&d.Run) }),
		text("call", func(d *Delivery) *string { return (*string)(&d.Call) }),
		{"ord", duckdb.TYPE_BIGINT, func(d *Delivery) any { return d.Ord }, func(d *Delivery, v any) { d.Ord, _ = v.(int64) }},
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
		{"attempt", duckdb.TYPE_BIGINT, func(d *Delivery) any { return int64(d.Attempt) }, func(d *Delivery, v any) {
			n, _ := v.(int64)
			d.Attempt = int(n)
		}},
		moment("intended_at", func(d *Delivery) *time.Time { return &d.IntendedAt }),
		moment("settled_at", func(d *Delivery) *time.Time { return &d.SettledAt }),
		text("match", func(d *Delivery) *string { return &d.Match }),
		text("fields", func(d *Delivery) *string { return &d.Fields }),
		text("before", func(d *Delivery) *string { return &d.Before }),
	}
}

func text(name string, at func(*Delivery) *string) column {
	return column{name, duckdb.TYPE_VARCHAR, func(d *Delivery) any { return valid(*at(d)) },
		func(d *Delivery, v any) { *at(d), _ = v.(string) }}
}

func moment(name string, at func(*Delivery) *time.Time) column {
	get := func(d *Delivery) any {
		if at(d).IsZero() {
			return nil
		}
		return at(d).UTC()
	}
	set := func(d *Delivery, v any) {
		if t, ok := v.(time.Time); ok {
			*at(d) = t.UTC()
		}
	}
	return column{name, duckdb.TYPE_TIMESTAMP_TZ, get, set}
}

// valid is s as Parquet can keep it: bytes that are not UTF-8 become U+FFFD.
func valid(s string) string { return strings.ToValidUTF8(s, "\ufffd") }
