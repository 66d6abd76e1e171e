package history

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"github.com/duckdb/duckdb-go/v2"
)

// limits keep DuckDB small: it only passes rows through.
const limits = "?memory_limit=512MB&threads=1"

// withDuck opens a database in memory for one piece of work.
func withDuck(ctx context.Context, work func(*sql.Conn) error) error {
	connector, err := duckdb.NewConnector(limits, nil)
	if err != nil {
		return err
	}
	db := sql.OpenDB(connector)
	conn, err := db.Conn(ctx)
	if err == nil {
		err = errors.Join(work(conn), conn.Close())
	}
	return errors.Join(err, db.Close(), connector.Close())
}

// quoted is a text as a literal of SQL.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// listed is the argument of read_parquet for these files.
func listed(files []string) string {
	names := make([]string, len(files))
	for i, f := range files {
		names[i] = quoted(f)
	}
	return "[" + strings.Join(names, ", ") + "]"
}
