package demo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/engine"
	"github.com/freshet/freshet/sync/fault"
)

// Customers is how many customers a new shop has; Orders are about three times as many.
const Customers = 20_000

// Make writes a new shop into the DuckDB file at path: the tables customers, orders and consents. The same seed makes
// the same rows. Faults: demo.exists where there is a file already, demo.write where the file cannot be written.
func Make(ctx context.Context, path string, seed uint64) error {
	return makeOf(ctx, path, seed, Customers)
}

// makeOf makes a shop of so many customers; a smaller shop has the first customers of a larger one.
func makeOf(ctx context.Context, path string, seed uint64, customers int) error {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return fault.New(fault.Usage, "demo.exists", "there is a file already where the shop should go").At(path).
			Do("move it away, or start in an empty folder")
	}
	dir, err := os.MkdirTemp(filepath.Dir(path), ".shop-")
	if err != nil {
		return unwritable(path, err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := writeTables(dir, seed, customers); err != nil {
		return unwritable(path, err)
	}
	fresh := filepath.Join(dir, "shop.duckdb")
	if err := within(ctx, fresh, func(db connect.SQL) error { return load(ctx, db, dir) }); err != nil {
		return err
	}
	if err := os.Rename(fresh, path); err != nil {
		return unwritable(path, err)
	}
	return nil
}

// load turns the CSV files in dir into tables, each in the order of its key.
func load(ctx context.Context, db connect.SQL, dir string) error {
	for _, t := range tables {
		var columns []string
		for _, c := range t.columns {
			name, typ, _ := strings.Cut(c, " ")
			columns = append(columns, fmt.Sprintf("'%s': '%s'", name, typ))
		}
		query := fmt.Sprintf("CREATE TABLE shop.%s AS FROM read_csv('%s', auto_detect=false, header=false, delim=',', quote='\"', escape='\"', "+
			"new_line='\\n', columns={%s})", t.name, escape(filepath.Join(dir, t.name+".csv")), strings.Join(columns, ", "))
		if err := db.Exec(ctx, query); err != nil {
			return err
		}
	}
	return nil
}

func escape(text string) string { return strings.ReplaceAll(text, "'", "''") }

// visitor is work on a DuckDB file that goes through the engine's connection, the one way to DuckDB.
type visitor struct {
	path string
	work func(connect.SQL) error
}

// within opens the file at path for writing as the catalog "shop", does the work and closes the file again.
func within(ctx context.Context, path string, work func(connect.SQL) error) (err error) {
	e, err := engine.Open(ctx, engine.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	if err := e.Attach(ctx, "shop", visitor{path, work}); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return unwritable(path, err)
	}
	return nil
}

// Close has nothing to release.
func (visitor) Close() error { return nil }

// Attach does the work and detaches, so that the file is complete and closed when it returns.
func (v visitor) Attach(ctx context.Context, db connect.SQL, alias string) ([]connect.Problem, error) {
	if err := db.Exec(ctx, fmt.Sprintf("ATTACH '%s' AS %s", escape(v.path), alias)); err != nil {
		return nil, err
	}
	worked := v.work(db)
	return nil, errors.Join(worked, db.Exec(context.WithoutCancel(ctx), "DETACH "+alias))
}

func unwritable(path string, err error) error {
	var known *fault.Fault
	if errors.As(err, &known) && known.Code == "demo.write" {
		return err
	}
	return fault.New(fault.Storage, "demo.write", "the shop cannot be written").At(path).Because(err).
		Do("check that the folder exists, may be written and has 50 MB of room, and that nobody else has the file open")
}
