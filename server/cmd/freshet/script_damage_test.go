package main

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/freshet/freshet/sync/ledger"
	"github.com/rogpeppe/go-internal/testscript"
)

// sqlFile runs statements on a database file: sqlfile duckdb warehouse.duckdb 'create table …'.
func sqlFile(ts *testscript.TestScript, _ bool, args []string) {
	db, err := sql.Open(args[0], ts.MkAbs(args[1]))
	ts.Check(err)
	for _, statement := range args[2:] {
		_, err = db.ExecContext(context.Background(), statement)
		ts.Check(err)
	}
	ts.Check(db.Close())
}

// hold keeps a DuckDB file open for writing until the script ends, as another program would: hold warehouse.duckdb.
func hold(ts *testscript.TestScript, _ bool, args []string) {
	db, err := sql.Open("duckdb", ts.MkAbs(args[0]))
	ts.Check(err)
	ts.Check(db.PingContext(context.Background()))
	ts.Defer(func() { _ = db.Close() })
}

// work holds a data directory as another run would, until rest: work .freshet.
func work(ts *testscript.TestScript, _ bool, args []string) {
	l, err := ledger.Open(context.Background(), ts.MkAbs(args[0]), "freshet run --all")
	ts.Check(err)
	placesOf(ts).ledger = l
}

func rest(ts *testscript.TestScript, _ bool, _ []string) { ts.Check(placesOf(ts).ledger.Close()) }

// flip turns over every bit of some bytes of a file: flip FILE OFFSET COUNT.
func flip(ts *testscript.TestScript, _ bool, args []string) {
	text, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	from, err := strconv.Atoi(args[1])
	ts.Check(err)
	count, err := strconv.Atoi(args[2])
	ts.Check(err)
	for i := from; i < from+count && i < len(text); i++ {
		text[i] = ^text[i]
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), text, 0o600))
}

// spoil puts another text in the place of a line, counted from 1: spoil orders.csv 3 'a,b'.
func spoil(ts *testscript.TestScript, _ bool, args []string) {
	text, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	lines := strings.Split(string(text), "\n")
	lines[n-1] = args[2]
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Join(lines, "\n")), 0o600))
}

// rows writes a CSV of people with a canary among them: rows people.csv 1000. Later numbers only add rows.
func rows(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	var b strings.Builder
	b.WriteString("id,email,name\n")
	for i := 1; i <= n; i++ {
		id := strconv.Itoa(i)
		b.WriteString(id + "," + id + "." + canaryEmail + "," + canaryName + " " + id + "\n")
	}
	path := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(filepath.Dir(path), 0o755))
	ts.Check(os.WriteFile(path, []byte(b.String()), 0o600))
}
