package ledger

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"net/url"
	"path/filepath"

	sqlite3 "github.com/mattn/go-sqlite3"
)

// fileName is the ledger's file in its directory.
const fileName = "ledger.db"

func filePath(dir string) string { return filepath.Join(dir, fileName) }

// writing is how the one writing connection opens the file.
var writing = url.Values{
	"_journal_mode": {"WAL"}, "_synchronous": {"FULL"}, "_txlock": {"immediate"}, "_busy_timeout": {"5000"},
	"_foreign_keys": {"1"}, "_mutex": {"no"}, "_cache_size": {"-16384"},
}

// reading is how every other connection does.
var reading = url.Values{"mode": {"ro"}, "_busy_timeout": {"5000"}, "_query_only": {"1"}, "_mutex": {"no"}, "_stmt_cache_size": {"32"}}

// source is the connection text of the driver: a URI, so that every path is taken as it is written.
func source(path string, how url.Values) string {
	absolute, err := filepath.Abs(path)
	if err != nil {
		absolute = path
	}
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(absolute), RawQuery: how.Encode()}).String()
}

// conn is one connection of the driver itself with the statements it has prepared. database/sql would cost as much
// again for every row. It serves one goroutine at a time.
type conn struct {
	lite  *sqlite3.SQLiteConn
	stmts map[string]*sqlite3.SQLiteStmt
	args  []driver.NamedValue
}

func connect(path string, how url.Values) (*conn, error) {
	c, err := new(sqlite3.SQLiteDriver).Open(source(path, how))
	if err != nil {
		return nil, err
	}
	return &conn{lite: c.(*sqlite3.SQLiteConn), stmts: map[string]*sqlite3.SQLiteStmt{}}, nil
}

func (c *conn) prepare(query string) (*sqlite3.SQLiteStmt, error) {
	if s, ok := c.stmts[query]; ok {
		return s, nil
	}
	s, err := c.lite.Prepare(query)
	if err != nil {
		return nil, err
	}
	c.stmts[query] = s.(*sqlite3.SQLiteStmt)
	return c.stmts[query], nil
}

func (c *conn) bind(args []driver.Value) []driver.NamedValue {
	c.args = c.args[:0]
	for i, a := range args {
		c.args = append(c.args, driver.NamedValue{Ordinal: i + 1, Value: a})
	}
	return c.args
}

// exec runs a statement and tells how many rows it changed. Arguments are int64, string, []byte or nil. It is not for
// statements that answer rows, not even a PRAGMA: stepped once they would stay open and keep the log from shrinking.
func (c *conn) exec(query string, args ...driver.Value) (int64, error) {
	s, err := c.prepare(query)
	if err != nil {
		return 0, err
	}
	result, err := s.ExecContext(context.Background(), c.bind(args))
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// query calls each with every row; the row is reused.
func (c *conn) query(query string, each func(row []driver.Value) error, args ...driver.Value) error {
	s, err := c.prepare(query)
	if err != nil {
		return err
	}
	rows, err := s.QueryContext(context.Background(), c.bind(args))
	if err != nil {
		return err
	}
	row := make([]driver.Value, len(rows.Columns()))
	for err = rows.Next(row); err == nil; err = rows.Next(row) {
		if err = each(row); err != nil {
			break
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return errors.Join(err, rows.Close())
}

// one reads the single whole number a query answers; ok is false where it answers no row.
func (c *conn) one(query string, args ...driver.Value) (n int64, ok bool, err error) {
	err = c.query(query, func(row []driver.Value) error {
		n, ok = row[0].(int64)
		return nil
	}, args...)
	return n, ok, err
}

// pragma sets something of the connection or the file.
func (c *conn) pragma(text string) error {
	return c.query("PRAGMA "+text, func([]driver.Value) error { return nil })
}

func (c *conn) close() error {
	var err error
	for _, s := range c.stmts {
		err = errors.Join(err, s.Close())
	}
	return errors.Join(err, c.lite.Close())
}
