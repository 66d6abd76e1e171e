package ledger

import (
	"context"
	"database/sql"
	"errors"
	"os"

	_ "github.com/mattn/go-sqlite3" // the driver "sqlite3" of database/sql
)

// Reader reads a ledger, beside the process that writes it if there is one. It serves many goroutines.
type Reader struct {
	path string
	db   *sql.DB
}

// OpenReader opens the ledger in dir for reading only and takes no lock. Faults: ledger.absent where nothing has run
// yet, ledger.older where it is yet to be brought up to date, ledger.newer, ledger.damaged.
func OpenReader(ctx context.Context, dir string) (*Reader, error) {
	path := filePath(dir)
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return nil, absent(path)
	}
	r, err := newReader(path)
	if err != nil {
		return nil, err
	}
	if err := r.check(ctx); err != nil {
		_ = r.Close()
		return nil, err
	}
	return r, nil
}

func newReader(path string) (*Reader, error) {
	db, err := sql.Open("sqlite3", source(path, reading))
	if err != nil {
		return nil, explain(err, path)
	}
	db.SetMaxOpenConns(8)
	db.SetMaxIdleConns(2)
	return &Reader{path: path, db: db}, nil
}

func (r *Reader) check(ctx context.Context) error {
	h, err := readHeader(ctx, r.db)
	if err != nil {
		return explain(err, r.path)
	}
	if h.version == 0 && h.application == 0 {
		return absent(r.path)
	}
	if err := h.refuse(r.path); err != nil || h.version == schemaVersion {
		return err
	}
	return older(r.path)
}

// Close ends the reading.
func (r *Reader) Close() error { return explain(r.db.Close(), r.path) }

// row scans the one row of a query; found is false where there is none.
func (r *Reader) row(ctx context.Context, query string, args []any, into ...any) (found bool, err error) {
	err = r.db.QueryRowContext(ctx, query, args...).Scan(into...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, explain(err, r.path)
}

// each calls scan for every row of a query.
func (r *Reader) each(ctx context.Context, query string, args []any, scan func(*sql.Rows) error) error {
	rows, err := r.db.QueryContext(ctx, query, args...)
	if err != nil {
		return explain(err, r.path)
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return explain(err, r.path)
		}
	}
	return explain(rows.Err(), r.path)
}
