package engine

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
)

// syntax is DuckDB's parse of a text of SQL.
type syntax struct {
	Error      bool   `json:"error"`
	Message    string `json:"error_message"`
	Position   string `json:"position"`
	Statements []any  `json:"statements"`
}

// tablesOf parses a model's SQL, makes sure it is one SELECT, and lists the tables it names.
func tablesOf(ctx context.Context, conn *sql.Conn, m model.Model) ([]string, error) {
	var parsed syntax
	err := read(ctx, conn, "SELECT CAST(json_serialize_sql("+literal(m.SQL)+", skip_null := true) AS VARCHAR)", func(row []driver.Value) error {
		return json.Unmarshal([]byte(row[0].(string)), &parsed)
	})
	if err != nil {
		return nil, translate(ctx, err)
	}
	if parsed.Error {
		return nil, notSelect(m, parsed)
	}
	if len(parsed.Statements) != 1 {
		return nil, notSelect(m, syntax{})
	}
	found := map[string]bool{}
	collect(parsed.Statements, map[string]bool{}, found)
	tables := make([]string, 0, len(found))
	for t := range found {
		tables = append(tables, t)
	}
	slices.Sort(tables)
	return tables, nil
}

// notSelect is the fault for SQL that DuckDB cannot read, or that is something else than a SELECT: for that, and only
// for that, it gives no position.
func notSelect(m model.Model, s syntax) error {
	position, err := strconv.Atoi(s.Position)
	if err != nil {
		return fault.New(fault.Usage, "model.sql", "the SQL of model "+m.Name+" is not one SELECT statement").
			At(where(m, m.SQLPos)).Do("Write one SELECT. A model only reads: what else is to be done to a source belongs into the source.")
	}
	return placed(m, position, fault.New(fault.Usage, "model.sql", "the SQL of model "+m.Name+" does not work: "+firstLines(s.Message)).
		Do("Correct the SQL of the model."))
}

// collect walks a parse tree. WITH names hide tables of the same name inside their own statement and below.
func collect(node any, hidden, found map[string]bool) {
	switch n := node.(type) {
	case []any:
		for _, child := range n {
			collect(child, hidden, found)
		}
	case map[string]any:
		hidden = withNames(n, hidden)
		if n["type"] == "BASE_TABLE" {
			if t := tableName(n, hidden); t != "" {
				found[t] = true
			}
		}
		for _, child := range n {
			collect(child, hidden, found)
		}
	}
}

func withNames(n map[string]any, hidden map[string]bool) map[string]bool {
	ctes, _ := n["cte_map"].(map[string]any)
	entries, _ := ctes["map"].([]any)
	if len(entries) == 0 {
		return hidden
	}
	more := map[string]bool{}
	for k := range hidden {
		more[k] = true
	}
	for _, entry := range entries {
		if e, ok := entry.(map[string]any); ok {
			key, _ := e["key"].(string)
			more[strings.ToLower(key)] = true
		}
	}
	return more
}

// tableName gives "alias.schema.table". In "a.t" DuckDB reads a as a database or as a schema; a source's tables are
// in the database, or in the schema, of its alias, so both mean the source.
func tableName(n map[string]any, hidden map[string]bool) string {
	catalog, _ := n["catalog_name"].(string)
	schema, _ := n["schema_name"].(string)
	table, _ := n["table_name"].(string)
	switch {
	case catalog == "" && schema == "" && hidden[strings.ToLower(table)]:
		return ""
	case catalog == "" && schema == "":
		return table
	case catalog == "" || catalog == "memory":
		return schema + ".main." + table
	}
	return catalog + "." + schema + "." + table
}
