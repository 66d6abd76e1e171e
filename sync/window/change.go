package window

import (
	"time"

	"github.com/freshet/freshet/sync/format"
	"github.com/freshet/freshet/sync/model"
)

// Op says what happened to a row.
type Op uint8

// The operations. The zero Op changes nothing.
const (
	Nothing  Op = iota
	Write       // the row is exactly Row now
	Patch       // the columns in Row have these values now; all others are as they were
	Delete      // there is no row any more
	Truncate    // the source says that its table is empty now; it names no key, and nothing follows from it by itself
)

var opNames = [...]string{"nothing", "write", "patch", "delete", "truncate"}

func (o Op) String() string { return opNames[o] }

// Problem says why an event cannot be read; see format.Problem.
type Problem = format.Problem

// Reading is what one event says. Exactly one of Changes, Ignored and Problem is there.
type Reading struct {
	Changes []Change
	Ignored string // why there is nothing to change: "heartbeat", "transaction topic" and the like
	Problem *Problem
	Key     model.Key // with a Problem: the key that the event is about, "" where it cannot be told
	// Watermark is the source's time by a heartbeat, zero else: all that was committed before it has been sent.
	Watermark time.Time
}

// Change is one change of one row.
type Change struct {
	Op        Op
	Key       model.Key // as the engine makes it of the key columns
	Row       model.Fields
	Before    model.Fields // the row as it was; nil where the event does not say. Some sources name the key columns only
	Absent    []string     // columns whose value the event does not carry although the row has one
	Columns   []Column     // in the order of their names; shared between changes, not to be written to
	At        time.Time    // when it was committed in the source, as far as the event says
	AtFrom    string       // what says so: "source.ts_us", "ce_time", "__source_ts_ms", "event" and the like
	Snapshot  bool         // read from the table by a snapshot, not from its log
	Tombstone bool         // a Delete that only a null value says; often one that was said before
	Source    string       // where in the source's log, to be shown; it orders nothing
	OldKey    model.Key    // the key this row had before, "" where nothing says that it changed
	NewKey    model.Key    // the key this row has from now on, likewise
	Topic     string       // with the next three: the event
	TopicID   model.TopicID
	Partition int32
	Offset    int64
}

// Column is a column of the rows.
type Column struct {
	Name  string
	Type  string // as DuckDB writes it; "" where nothing is known yet
	Known bool   // declared, or said by a schema; otherwise it is what this one value looks like
}
