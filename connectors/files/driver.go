package files

import (
	"context"

	"github.com/freshet/freshet/sync/connect"
)

// Driver is the connector for files on this machine.
func Driver() connect.Driver {
	return connect.Driver{Spec: spec(), Source: open}
}

func spec() connect.Spec {
	return connect.Spec{
		Type:    "files",
		Title:   "Files",
		Summary: "Reads CSV, JSON and Parquet files, one table for each path or pattern.",
		Settings: []connect.Setting{
			{
				Name: "tables", Title: "Tables", Kind: connect.MapSetting, Required: true,
				Help: "Table name to path or pattern, or to {path, format, types, delimiter, quote, header, encoding, null}. " +
					"Relative paths are taken from the workspace's folder; ** stands for any folders.",
				Example: `{orders: "orders/*.parquet", refunds: {path: refunds.csv, types: {zip: VARCHAR}}}`,
			},
			{
				Name: "root", Title: "Folder", Kind: connect.PathSetting, Advanced: true,
				Help: "Folder that relative paths are taken from. Without it: the workspace's folder.",
			},
		},
		Notes: notes(),
	}
}

func notes() []string {
	return []string{
		"The format comes from the file's ending: .csv, .tsv and .txt are CSV; .json, .jsonl and .ndjson are JSON; " +
			".parquet and .pq are Parquet. CSV and JSON may also end in .gz. `format` overrules the ending.",
		"A CSV column gets a type only where every value in it, written back, is the text that stands in the file: BIGINT, " +
			"DECIMAL (the same number of decimals in every value), DOUBLE, BOOLEAN (true, false), DATE, TIMESTAMP and " +
			"TIMESTAMP WITH TIME ZONE (ISO 8601). Everything else stays text: leading zeros, digits too long for " +
			"BIGINT, phone numbers with a plus, 1e5, TRUE. All rows are looked at, not a sample.",
		"`types` declares the type of a column. A value that does not fit it exactly takes its row into quarantine with file, " +
			"line and column; 1.5 is not an INTEGER and 1.005 is not a DECIMAL(10,2).",
		"An empty CSV value is NULL, in quotes or not. `null: [NA, \"-\"]` names further texts that mean NULL. In JSON only null " +
			"and an absent member are NULL.",
		"CSV is comma, semicolon, tab or bar separated, whichever the header uses most; `delimiter` overrules it. Quotes are \" and " +
			"doubled inside a value; `quote` overrules it. `header: false` names the columns column1, column2 and so on. " +
			"Blank lines are no rows. Files of one pattern are put together by column name.",
		"CSV is read as UTF-8, or UTF-16 where the file begins with its byte-order mark. `encoding` is utf-8, utf-16, latin-1 " +
			"or windows-1252.",
		"A row with the wrong number of values, a quote that never closes, or bytes that are not text goes into quarantine with " +
			"file and line, and the rest goes on. After a quote that does not close, reading goes on with the next line.",
		"JSON is one object a line, or one array of objects. Numbers keep every digit; text stays text; lists and objects are " +
			"columns of type JSON. A broken line goes into quarantine; a broken array cannot be read on and is an error.",
		"Of the tables only those are read whose names stand in the model's SQL. CSV and JSON are read once when a run begins, so every read of that run sees the same rows. Parquet is read in place.",
	}
}

func open(_ context.Context, s connect.Settings) (connect.Source, error) {
	tables, err := parseTables(s)
	if err != nil {
		return nil, err
	}
	return &source{name: s.Name, tables: tables}, nil
}
