package engine

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"

	duckdb "github.com/duckdb/duckdb-go/v2"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
)

// DefaultMemoryMB is what DuckDB may use where Options say nothing; beyond it queries spill to Options.Dir.
const DefaultMemoryMB = 512

// Options say what the engine may use.
type Options struct {
	Dir      string           // folder for scratch files; a folder of its own inside it is made and removed by Close; "": the system's
	MemoryMB int              // mebibytes DuckDB keeps in memory before it spills; 0: DefaultMemoryMB
	Threads  int              // 0: as many as there are processors
	Now      func() time.Time // the clock of audiences evaluated whole; nil: the system's
}

// Engine is one DuckDB instance. It is safe for use by several goroutines, each with Walks of its own.
type Engine struct {
	db      *sql.DB
	scratch string
	now     func() time.Time

	mu       sync.Mutex
	attached map[string][]connect.Problem // by alias
	idle     []*desk
	defined  map[string][]string // tables of the models that others read, by "models.main.name" in lower case
	copies   copies
}

// Open starts an engine that never reaches for the network: extensions are neither installed nor loaded on demand.
// Faults: engine.scratch where Dir cannot be written, engine.start where DuckDB does not come up.
func Open(ctx context.Context, o Options) (*Engine, error) {
	if o.Dir != "" {
		if err := os.MkdirAll(o.Dir, 0o700); err != nil {
			return nil, unwritable(o.Dir, err)
		}
	}
	scratch, err := os.MkdirTemp(o.Dir, "engine-")
	if err != nil {
		return nil, unwritable(o.Dir, err)
	}
	connector, err := duckdb.NewConnector("", session)
	if err != nil {
		return nil, errors.Join(notStarted(err), os.RemoveAll(scratch))
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	e := &Engine{db: sql.OpenDB(connector), scratch: scratch, now: o.Now, attached: map[string][]connect.Problem{},
		defined: map[string][]string{}}
	if err := e.configure(ctx, o); err != nil {
		return nil, errors.Join(notStarted(err), e.Close())
	}
	return e, nil
}

// session prepares each connection. UTC makes texts of instants the same everywhere, errors come as JSON so that
// their kind and place are members and need not be guessed from words, and keys sort by their bytes.
func session(conn driver.ExecerContext) error {
	for _, query := range []string{"SET TimeZone = 'UTC'", "SET errors_as_json = true", "SET default_collation = ''"} {
		if _, err := conn.ExecContext(context.Background(), query, nil); err != nil {
			return err
		}
	}
	return nil
}

func (e *Engine) configure(ctx context.Context, o Options) error {
	if o.MemoryMB <= 0 {
		o.MemoryMB = DefaultMemoryMB
	}
	if o.Threads <= 0 {
		o.Threads = runtime.NumCPU()
	}
	for _, query := range []string{
		"SET autoinstall_known_extensions = false",
		"SET autoload_known_extensions = false",
		fmt.Sprintf("SET memory_limit = '%dMiB'", o.MemoryMB),
		fmt.Sprintf("SET threads = %d", o.Threads),
		"SET temp_directory = " + literal(e.scratch),
		"SET preserve_insertion_order = true",
	} {
		if _, err := e.db.ExecContext(ctx, query); err != nil {
			return err
		}
	}
	return nil
}

// Close ends every query and removes the scratch files. Sources attached stay the caller's to close.
func (e *Engine) Close() error {
	e.endDesks()
	err := e.db.Close()
	e.endCopies()
	return errors.Join(err, os.RemoveAll(e.scratch))
}

func unwritable(dir string, err error) error {
	return fault.New(fault.Storage, "engine.scratch", "the folder for scratch files cannot be written").At(dir).Because(err).
		Do("Give the data directory write permission, or set data_dir to a folder that has it.")
}

func notStarted(err error) error {
	return fault.New(fault.Internal, "engine.start", "the query engine did not start").Because(err)
}

// where is the place of a model in people's files.
func where(m model.Model, p model.Pos) string {
	if p.File == "" {
		return "models." + m.Name
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
}
