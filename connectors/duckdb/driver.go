package duckdbsource

import (
	"context"
	"time"

	"github.com/freshet/freshet/sync/connect"
)

// Driver is the connector.
func Driver() connect.Driver {
	return connect.Driver{
		Spec: connect.Spec{
			Type:    "duckdb",
			Title:   "DuckDB",
			Summary: "Reads the tables and views of a DuckDB database file, without ever writing to it.",
			Vendor:  "https://duckdb.org/docs/stable/",
			Settings: []connect.Setting{{
				Name:     "path",
				Title:    "Database file",
				Help:     "The database file. It is opened read-only; a relative path is taken from the workspace's folder.",
				Kind:     connect.PathSetting,
				Required: true,
				Example:  "warehouse.duckdb",
			}},
			Notes: []string{
				"A model names its tables as `source.table`, or `source.schema.table` where they are not in the schema main.",
				"DuckDB lets either one process write to a file or many read it. While another process has the file open for writing, a run waits about two seconds and then stops with the name of that process; run again when it has finished, or let it write to a copy. A run keeps the file until its plan is made, a live sync while it copies the tables that it needs, which is when the file has changed.",
				"What another process has committed but not yet written into the file (the file beside it that ends in .wal) is read too.",
			},
		},
		Source: open,
	}
}

func open(_ context.Context, s connect.Settings) (connect.Source, error) {
	return &source{name: s.Name, path: s.Text("path"), wait: 2 * time.Second}, nil
}
