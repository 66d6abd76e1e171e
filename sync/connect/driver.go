package connect

import "context"

// Driver is one connector.
type Driver struct {
	Spec        Spec
	Source      func(context.Context, Settings) (Source, error)      // nil: cannot read
	Destination func(context.Context, Settings) (Destination, error) // nil: cannot write
}

// Source can be read. What it can do is in the powers it has: Relational or Streaming.
type Source interface {
	Close() error
}

// Relational is a source that becomes tables of the engine.
type Relational interface {
	Source
	// Attach makes the source's tables readable as alias.table (or alias.schema.table) through db, read-only, and
	// returns what the source could not read, row by row. It is called once for every opening of the engine.
	Attach(ctx context.Context, db SQL, alias string) ([]Problem, error)
}

// Narrow is a Relational source that can do without the tables nobody reads: what is wrong with one of them then stops
// nobody else, and it takes no time.
type Narrow interface {
	// Only is called before Attach. Tables to which reads says no need not be readable; their names stay there, for
	// people who mistype another.
	Only(reads func(table string) bool)
}

// Exclusive is a Relational source to which nobody can write while it is attached. It is attached only while it is read: work that
// reads its tables for long reads a copy of them.
type Exclusive interface {
	Relational
	// Mark changes whenever the tables may have, and keeps nobody out. It is asked often.
	Mark(ctx context.Context) (string, error)
}

// SQL is the engine's connection as a source sees it. The dialect is DuckDB's.
type SQL interface {
	Exec(ctx context.Context, query string, args ...any) error
	// Query calls each with the columns of every row as DuckDB's own text of them ("" and null true for NULL).
	Query(ctx context.Context, query string, each func(row []Cell) error) error
}

// Cell is one value read through SQL.
type Cell struct {
	Text string
	Null bool
}

// Problem is a row of a source that could not be read; the others go on.
type Problem struct {
	Table   string // table of the source it belongs to
	File    string // file it stands in
	Line    int64  // line in that file, 1 for the first; 0 where unknown
	Column  string // column at fault, "" where the whole row is
	Code    string // "files.bad_number"
	Message string // what is wrong, without the row's values
}

// Destination can be written.
type Destination interface {
	// Deliver makes one call and returns one outcome for every operation, in their order.
	// A *CallError says what is known of the call as a whole; after any other error every outcome is unknown.
	Deliver(ctx context.Context, batch Batch) ([]Outcome, error)
	Close() error
}

// Limiter is a destination whose limits depend on the work; without it Spec's Object.Limits hold.
type Limiter interface {
	// Limits for rows operations of this verb on this object, planned together.
	Limits(object string, verb Verb, rows int) Limits
}

// Prober is a destination that can tell, without changing anything, whether it is reachable and takes our credentials.
type Prober interface {
	Probe(ctx context.Context) (Account, error)
}

// Describer is a destination that knows its own fields.
type Describer interface {
	Describe(ctx context.Context, object string) (ObjectInfo, error)
}

// Reader is a destination that can be asked for records by their match values.
type Reader interface {
	// Read returns one Found for each match, in their order.
	Read(ctx context.Context, object string, matches []Lookup, fields []string) ([]Found, error)
}

// Lister is a destination that can show everything it holds, for tests and reconciliation.
type Lister interface {
	List(ctx context.Context, object string, fields []string, each func(Found) error) error
}

// Jobs is a destination that takes some batches now and answers later. The engine uses it for calls whose Limits say
// Job, instead of Deliver. The token is durable in the ledger before Finish is called, so a job survives a restart.
type Jobs interface {
	// Begin opens a job; nothing of the batch is applied yet.
	Begin(ctx context.Context, batch Batch) (token string, err error)
	// Finish hands in the batch where the job does not have it yet, waits for its end and matches its results to the
	// operations. It may be called again with the same token and batch after a crash at any point.
	Finish(ctx context.Context, token string, batch Batch) ([]Outcome, error)
}
