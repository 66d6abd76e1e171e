package engine

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"

	duckdb "github.com/duckdb/duckdb-go/v2"
)

// read calls each with every row of a query. It goes past database/sql, whose Scan costs more than the query; the
// driver holds a whole result in memory, so big ones are read in slices.
func read(ctx context.Context, conn *sql.Conn, query string, each func(row []driver.Value) error) error {
	return conn.Raw(func(raw any) error {
		rows, err := raw.(driver.QueryerContext).QueryContext(ctx, query, nil)
		if err != nil {
			return err
		}
		return drain(rows, each)
	})
}

// drain calls each with every row and ends the reading.
func drain(rows driver.Rows, each func(row []driver.Value) error) (err error) {
	row := make([]driver.Value, len(rows.Columns()))
	for err == nil {
		if err = rows.Next(row); err == nil {
			err = each(row)
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return errors.Join(err, rows.Close())
}

// run executes statements in order.
func run(ctx context.Context, conn *sql.Conn, queries ...string) error {
	for _, q := range queries {
		if _, err := conn.ExecContext(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

var errAppend = errors.New("a row could not be handed to the query engine")

// fill appends n rows to a temporary table; row gives the values of each.
func fill(conn *sql.Conn, table string, n int, row func(i int) []driver.Value) error {
	return conn.Raw(func(raw any) error {
		a, err := duckdb.NewAppender(raw.(driver.Conn), "temp", "main", table)
		if err != nil {
			return err
		}
		for i := range n {
			if a.AppendRow(row(i)...) != nil { // the error's words hold the row's values
				_ = a.Close()
				return errAppend
			}
		}
		return a.Close()
	})
}
