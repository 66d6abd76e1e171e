package ledger

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

const (
	applicationID = 0x46727368 // "Frsh"
	schemaVersion = 6          // the newest migration, which sets user_version to it
)

// header is what the file says of itself.
type header struct {
	application int64
	version     int64
}

func readHeader(ctx context.Context, db *sql.DB) (h header, err error) {
	err = db.QueryRowContext(ctx, `SELECT application_id, user_version FROM pragma_application_id, pragma_user_version`).
		Scan(&h.application, &h.version)
	return h, err
}

// refuse fails where the file is not a ledger or not one that this program understands. Guarantee G23.
func (h header) refuse(path string) error {
	switch {
	case h.application != applicationID:
		return damaged(path, errors.New("the file is a database of something else"))
	case h.version > schemaVersion:
		return newer(path)
	default:
		return nil
	}
}

// migrate brings the file to the schema this program knows, each step in a transaction. An up-to-date file costs one
// read. A file that is refused is not touched.
func migrate(ctx context.Context, path string) error {
	current, err := examine(ctx, path)
	if err != nil || current {
		return err
	}
	db, err := sql.Open("sqlite3", source(path, writing))
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	return up(ctx, db, path)
}

// examine tells whether the file has the present schema, reading only: opening a file for writing already marks it.
func examine(ctx context.Context, path string) (current bool, err error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
		return false, nil
	}
	db, err := sql.Open("sqlite3", source(path, reading))
	if err != nil {
		return false, err
	}
	defer db.Close()
	h, err := readHeader(ctx, db)
	if err != nil {
		return false, err
	}
	if h == (header{}) {
		return false, refuseForeign(ctx, db, path)
	}
	return h.version == schemaVersion, h.refuse(path)
}

// refuseForeign keeps us out of a database that is in use without a mark of its own. One in which a migration was
// interrupted has no tables but those of the migrating itself.
func refuseForeign(ctx context.Context, db *sql.DB, path string) error {
	var tables int
	err := db.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema WHERE name NOT LIKE 'goose_%' AND name NOT LIKE 'sqlite_%'`).Scan(&tables)
	if err == nil && tables > 0 {
		return header{}.refuse(path)
	}
	return err
}

func up(ctx context.Context, db *sql.DB, path string) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithDisableGlobalRegistry(true),
		goose.WithGoMigrations(goose.NewGoMigration(6, &goose.GoFunc{RunTx: chainUp(headPath(path))}, nil)))
	if err != nil {
		return fmt.Errorf("preparing the migrations: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrating the ledger: %w", err)
	}
	return nil
}
