package model

import "time"

// Feed is a stream that becomes one keyed table, readable in models as feeds.NAME.
type Feed struct {
	Name         string
	Source       string
	Topics       []string
	Pattern      bool // Topics are regular expressions
	Format       string
	Key          []string          // columns that name a row
	Columns      map[string]string // declared types by column, DuckDB's
	Placeholders []string          // texts that stand for a value the source did not send, besides Debezium's own
	Partial      bool              // plain events hold only what changed
	SQL          string            // SELECT over event, the decoded rows; "": these themselves
	FromEnd      bool              // a partition read for the first time begins at its end
	KeepFor      time.Duration     // how long raw events are kept; 0: without end
	KeepMB       int64             // megabytes of raw events kept at most; 0: without limit
	Pause        Threshold
	HoldNewer    bool   // newer events of a key of which one was set aside wait behind it
	MostBehind   int64  // so many at most; 0: 10,000
	Contract     string // path of its data contract, "" where it has none
	Pos          Pos
	SQLPos       Pos
}

// Threshold pauses a feed of whose last events too many had to be set aside. The zero Threshold is the usual one.
type Threshold struct {
	Percent float64 // of the last 1,000 events; 0: 20
	Least   int64   // events set aside among them at least; 0: 50
}
