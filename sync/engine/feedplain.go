package engine

import (
	"bytes"
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	duckdb "github.com/duckdb/duckdb-go/v2"
)

// plainRows are a few rows of a feed that can be handed to DuckDB as they will stand, without SQL that makes values of texts: for
// a few rows planning that takes far longer than doing it.
type plainRows struct {
	values [][]driver.Value // of the rows that are there
	gone   []string         // SQL for the keys whose rows go before
}

// plain makes plain rows; ok is false where these are too many, or where only DuckDB knows what a text of theirs stands for.
func (t FeedTable) plain(rows []FeedRow) (p plainRows, ok bool) {
	if len(rows) > deskRows || len(t.Columns) == 0 {
		return p, false
	}
	at := make(map[string]int, len(t.Columns))
	for i, c := range t.Columns {
		at[c.Name] = i
	}
	for _, r := range rows {
		if !r.New {
			if len(p.gone) >= fewKeys || strings.IndexByte(string(r.Key), 0) >= 0 {
				return p, false
			}
			p.gone = append(p.gone, "("+literal(string(r.Key))+")")
		}
		if r.Row == nil {
			continue
		}
		values, ok := t.plainRow(r, at)
		if !ok {
			return p, false
		}
		p.values = append(p.values, values)
	}
	return p, true
}

// plainRow reads what AppendFeedRow wrote.
func (t FeedTable) plainRow(r FeedRow, at map[string]int) ([]driver.Value, bool) {
	values := make([]driver.Value, 1+len(t.Columns))
	values[0] = string(r.Key)
	rest, ok := bytes.CutPrefix(r.Row, []byte("{"))
	for ok && len(rest) > 0 && rest[0] == '"' {
		name, after, quoted := quotedText(rest)
		i, known := at[string(name)]
		if rest, ok = bytes.CutPrefix(after, []byte(":")); !ok || !quoted || !known {
			return nil, false
		}
		if rest, ok = bytes.CutPrefix(rest, []byte("null")); !ok {
			text, after, quoted := quotedText(rest)
			if values[1+i], ok = plainValue(t.Columns[i].Type, text); !ok || !quoted {
				return nil, false
			}
			rest = after
		}
		rest, ok = bytes.TrimPrefix(rest, []byte(",")), true
	}
	return values, ok && string(rest) == "}"
}

// plainValue is what fromText makes of a text as it stands between quotes, where that is certain without asking DuckDB.
func plainValue(typ string, quoted []byte) (driver.Value, bool) {
	text := string(quoted)
	if strings.IndexByte(text, '\\') >= 0 && json.Unmarshal([]byte(`"`+text+`"`), &text) != nil {
		return nil, false
	}
	switch typ {
	case "VARCHAR":
		return text, strings.IndexByte(text, 0) < 0
	case "BIGINT":
		n, err := strconv.ParseInt(text, 10, 64)
		return n, err == nil && plainAs(typ, text)
	case "INTEGER":
		n, err := strconv.ParseInt(text, 10, 32)
		return int32(n), err == nil && plainAs(typ, text)
	case "BOOLEAN":
		return text == "true", text == "true" || text == "false"
	}
	return nil, false
}

// putPlain is PutFeed for plain rows.
func (e *Engine) putPlain(ctx context.Context, t FeedTable, p plainRows) error {
	d, err := e.desk(ctx, "", func(*sql.Conn) error { return nil })
	if err != nil {
		return translate(ctx, err)
	}
	err = run(ctx, d.conn, "BEGIN TRANSACTION")
	if err == nil && len(p.gone) > 0 {
		err = run(ctx, d.conn, fmt.Sprintf("DELETE FROM %s WHERE freshet_key IN (SELECT v FROM (VALUES %s) AS gone(v))", t.store(), strings.Join(p.gone, ", ")))
	}
	if err == nil {
		err = appendRows(d.conn, "memory", feedStoreName, t.Name, p.values)
	}
	if err == nil {
		err = run(ctx, d.conn, "COMMIT")
	}
	if err != nil {
		_ = d.rolledBack(ctx)
	}
	e.free(d, err == nil)
	return translate(ctx, err)
}

// appendRows appends rows to a table.
func appendRows(conn *sql.Conn, catalog, schema, table string, rows [][]driver.Value) error {
	return conn.Raw(func(raw any) error {
		a, err := duckdb.NewAppender(raw.(driver.Conn), catalog, schema, table)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if a.AppendRow(row...) != nil { // the error's words hold the row's values
				_ = a.Close()
				return errAppend
			}
		}
		return a.Close()
	})
}
