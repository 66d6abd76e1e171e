package engine

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"strings"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/fault"
)

// Attach lets the source make its tables readable as alias.table, and keeps what it could not read for Problems.
// All of one source's statements go through one connection, so it may use temporary tables while it attaches;
// what models are to see later must not be temporary.
// Faults: engine.alias_taken, and whatever the source says.
func (e *Engine) Attach(ctx context.Context, alias string, src connect.Relational) error {
	e.mu.Lock()
	_, taken := e.attached[alias]
	e.mu.Unlock()
	if taken {
		return fault.New(fault.Usage, "engine.alias_taken", "two sources are named "+alias).At("sources." + alias)
	}
	conn, err := e.db.Conn(ctx)
	if err != nil {
		return translate(ctx, err)
	}
	defer discard(conn)
	problems, err := src.Attach(ctx, adapter{conn}, alias)
	if err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.attached[alias] = problems
	return nil
}

// discard closes a connection for good: what somebody set or made on it is not to be met again.
func discard(conn *sql.Conn) {
	_ = conn.Raw(func(any) error { return driver.ErrBadConn })
	_ = conn.Close()
}

// Problems lists the rows that sources could not read from these tables, named as Describe names them.
func (e *Engine) Problems(tables []string) []connect.Problem {
	e.mu.Lock()
	defer e.mu.Unlock()
	var found []connect.Problem
	for _, table := range tables {
		alias, rest, _ := strings.Cut(table, ".")
		for _, p := range e.attached[alias] {
			if strings.EqualFold(p.Table, rest) || strings.EqualFold("main."+p.Table, rest) {
				found = append(found, p)
			}
		}
	}
	return found
}

// adapter is the engine's connection as a source sees it.
type adapter struct{ conn *sql.Conn }

// Exec runs one statement.
func (a adapter) Exec(ctx context.Context, query string, args ...any) error {
	_, err := a.conn.ExecContext(ctx, query, args...)
	return translate(ctx, err)
}

// Query reads every column as DuckDB's own text of it.
func (a adapter) Query(ctx context.Context, query string, each func([]connect.Cell) error) error {
	query = strings.TrimRight(query, "; \n\t")
	rows, err := a.conn.QueryContext(ctx, "SELECT CAST(COLUMNS(*) AS VARCHAR) FROM (\n"+query+"\n)")
	if err != nil {
		return translate(ctx, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	texts, targets := make([]sql.NullString, len(columns)), make([]any, len(columns))
	for i := range texts {
		targets[i] = &texts[i]
	}
	row := make([]connect.Cell, len(columns))
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return err
		}
		for i, t := range texts {
			row[i] = connect.Cell{Text: t.String, Null: !t.Valid}
		}
		if err := each(row); err != nil {
			return err
		}
	}
	return translate(ctx, rows.Err())
}
