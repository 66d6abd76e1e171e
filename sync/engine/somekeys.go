package engine

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"strings"

	"github.com/freshet/freshet/sync/mapping"
	"github.com/freshet/freshet/sync/model"
)

// A few keys stand in a query itself: that takes less time than tables of them.
const (
	fewKeys  = 256
	fewBytes = 64 << 10 // of such a query
)

// hole stands, as the only text in a list, where a query over some keys has the values of their part i. They are put there as a
// relation, not as a list: of a join DuckDB knows how few values it is about, and passes by what lies outside of them.
func hole(i int) string { return literal(fmt.Sprintf("freshet: part %d of the keys", i)) }

// spelled puts keys into a query over them. ok is false where they are too many, or hold a character that would end the query.
func spelled(key []mapping.Column, keys []model.Key, query string) (text string, ok bool) {
	if len(keys) == 0 || len(keys) > fewKeys {
		return "", false
	}
	lists, rows := make([][]string, len(key)), make([]string, len(keys))
	for n, k := range keys {
		texts := []string{literal(string(k))}
		parts := k.Parts(len(key))
		for i, c := range key {
			if i >= len(parts) { // it is none of this model
				lists[i], texts = append(lists[i], "NULL"), append(texts, "NULL")
				continue
			}
			lists[i], texts = append(lists[i], constant(parts[i], c.Type)), append(texts, literal(parts[i]))
		}
		rows[n] = "(" + strings.Join(texts, ", ") + ")"
	}
	text = filled(key, query, func(i int) string {
		return fmt.Sprintf("SELECT v FROM (VALUES (%s)) AS part(v)", strings.Join(lists[i], "), ("))
	})
	if strings.Contains(query, keysTable) {
		text = tableOfKeys(key, rows) + text
	}
	return text, len(text) <= fewBytes && strings.IndexByte(text, 0) < 0
}

// tableOfKeys is the beginning of a query in which keysTable has these rows.
func tableOfKeys(key []mapping.Column, rows []string) string {
	var typed, names strings.Builder
	for i, c := range key {
		fmt.Fprintf(&typed, ", %s AS k%d", fromText(fmt.Sprintf("t%d", i), c.Type), i)
		fmt.Fprintf(&names, ", t%d", i)
	}
	return fmt.Sprintf("WITH %s AS (SELECT k, k AS pk%s FROM (VALUES %s) AS t(k%s))\n", keysTable, typed.String(), strings.Join(rows, ", "), names.String())
}

// constant is SQL for a value of a type from its canonical text.
func constant(text, typ string) string {
	switch {
	case typ == "BIGINT" && plainAs(typ, text):
		return text + "::BIGINT"
	case typ == "INTEGER" && plainAs(typ, text):
		return text + "::INTEGER"
	}
	return fromText(literal(text), typ)
}

// tabled is a query over keys that stand in tables.
func tabled(key []mapping.Column, query string) string {
	return filled(key, query, func(i int) string { return fmt.Sprintf("SELECT k%d FROM %s", i, keysTable) })
}

// filled puts something into a query's holes.
func filled(key []mapping.Column, query string, with func(i int) string) string {
	var pairs []string
	for i := range key {
		pairs = append(pairs, hole(i), with(i))
	}
	return strings.NewReplacer(pairs...).Replace(query)
}

// withKeys gives a query over some keys these keys: in itself, or in tables that it makes on the connection.
func withKeys(ctx context.Context, conn *sql.Conn, key []mapping.Column, keys []model.Key, query string) (string, error) {
	if text, ok := spelled(key, keys, query); ok {
		return text, nil
	}
	if err := makeKeys(ctx, conn, key); err != nil {
		return "", err
	}
	return tabled(key, query), putKeys(ctx, conn, key, keys)
}

// keyTexts is the table that keys are put into as texts.
const keyTexts = "freshet_key_texts"

// makeKeys makes the tables of keys, empty.
func makeKeys(ctx context.Context, conn *sql.Conn, key []mapping.Column) error {
	texts := make([]string, len(key))
	typed := make([]string, len(key))
	for i, c := range key {
		texts[i] = fmt.Sprintf("t%d VARCHAR", i)
		typed[i] = fmt.Sprintf("k%d %s", i, c.Type)
	}
	return run(ctx, conn, "CREATE OR REPLACE TEMP TABLE "+keyTexts+" (k VARCHAR, "+strings.Join(texts, ", ")+")",
		"CREATE OR REPLACE TEMP TABLE "+keysTable+" (k VARCHAR, pk VARCHAR, "+strings.Join(typed, ", ")+")")
}

// putKeys fills them.
func putKeys(ctx context.Context, conn *sql.Conn, key []mapping.Column, keys []model.Key) error {
	if err := putTexts(conn, key, keys); err != nil {
		return err
	}
	return run(ctx, conn, insertKeys(key))
}

func insertKeys(key []mapping.Column) string {
	typed := make([]string, len(key))
	for i, c := range key {
		typed[i] = fromText(fmt.Sprintf("t%d", i), c.Type)
	}
	return "INSERT INTO temp.main." + keysTable + " SELECT k, k, " + strings.Join(typed, ", ") + " FROM temp.main." + keyTexts
}

func putTexts(conn *sql.Conn, key []mapping.Column, keys []model.Key) error {
	return fill(conn, keyTexts, len(keys), func(i int) []driver.Value {
		row := []driver.Value{string(keys[i])}
		for _, part := range keys[i].Parts(len(key)) {
			row = append(row, part)
		}
		for len(row) <= len(key) {
			row = append(row, nil)
		}
		return row
	})
}
