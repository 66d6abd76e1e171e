package main

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	_ "github.com/duckdb/duckdb-go/v2" // the warehouse is a DuckDB file
)

// columns are the 18 texts beside the id and the amount of each row.
const columns = 18

// workspace makes a folder with a warehouse of n rows × 20 columns and a sync of all of them to a webhook.
func workspace(n int, url string, batch int) (dir string, err error) {
	dir, err = os.MkdirTemp("", "freshet-bench-")
	if err != nil {
		return "", err
	}
	if err := warehouse(dir, createSQL(n)); err != nil {
		return dir, err
	}
	return dir, os.WriteFile(filepath.Join(dir, "freshet.yaml"), []byte(definition(url, batch)), 0o600)
}

func createSQL(n int) string {
	var b strings.Builder
	b.WriteString("create table people as select i as id, (i * 0.01)::decimal(12,2) as amount")
	for c := range columns {
		fmt.Fprintf(&b, ", 'value ' || ((i * %d) %% 100003) as c%d", c+7, c)
	}
	fmt.Fprintf(&b, " from range(%d) t(i)", n)
	return b.String()
}

// changeSQL changes one row in a hundred.
const changeSQL = "update people set c3 = c3 || '!' where id % 100 = 7"

func warehouse(dir, query string) error {
	db, err := sql.Open("duckdb", filepath.Join(dir, "warehouse.duckdb"))
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.Exec(query)
	return err
}

func definition(url string, batch int) string {
	var fields strings.Builder
	fmt.Fprintf(&fields, "      amount: amount\n")
	for c := range columns {
		fmt.Fprintf(&fields, "      c%d: c%d\n", c, c)
	}
	return fmt.Sprintf(`workspace: bench
sources:
  warehouse: {type: duckdb, path: warehouse.duckdb}
models:
  people: {sql: "select * from warehouse.people", key: id}
destinations:
  hook: {type: webhook, url: %q, batch_size: %d, concurrency: %d}
syncs:
  people:
    model: people
    destination: hook
    mode: upsert
    fields:
%sgovernance: {unreviewed: warn}
`, url, batch, concurrency, fields.String())
}

const concurrency = 4
