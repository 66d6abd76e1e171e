package files

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/freshet/freshet/sync/connect"
)

// settle turns the raw table of text into the table people see, and says which rows a declared type refuses.
func (l *loader) settle(ctx context.Context) ([]connect.Problem, error) {
	types, err := l.infer(ctx)
	if err != nil {
		return nil, err
	}
	problems, err := l.misfits(ctx)
	if err != nil {
		return nil, err
	}
	var parts []string
	for i, c := range l.columns {
		parts = append(parts, fmt.Sprintf("%s AS %s", cast("c"+strconv.Itoa(i), types[i]), name(c.name)))
	}
	stored := name(l.alias) + "." + loaded + "." + name(l.name)
	refused := "false"
	if tests := l.tests(); len(tests) > 0 {
		refused = strings.Join(tests, " OR ")
	}
	return problems, execAll(ctx, l.db,
		fmt.Sprintf("CREATE TABLE %s AS SELECT %s FROM %s WHERE NOT (%s)", stored, strings.Join(parts, ", "), l.raw(), refused),
		"DROP TABLE "+l.raw(), fmt.Sprintf("CREATE VIEW %s.main.%s AS FROM %s", name(l.alias), name(l.name), stored))
}

func cast(column, typ string) string {
	if typ == "VARCHAR" {
		return column
	}
	return fmt.Sprintf("try_cast(%s AS %s)", column, typ)
}

// tests are the conditions under which a row is refused, one for each column with a declared type.
func (l *loader) tests() []string {
	var tests []string
	for i, c := range l.columns {
		if c.declared != "" {
			tests = append(tests, misfit("c"+strconv.Itoa(i), c.declared))
		}
	}
	return tests
}

// misfits names the first column of every refused row.
func (l *loader) misfits(ctx context.Context) ([]connect.Problem, error) {
	tests := l.tests()
	if len(tests) == 0 {
		return nil, nil
	}
	var cases []string
	for i, c := range l.columns {
		if c.declared != "" {
			cases = append(cases, fmt.Sprintf("WHEN %s THEN %d", misfit("c"+strconv.Itoa(i), c.declared), i))
		}
	}
	query := fmt.Sprintf("SELECT f, l, CASE %s END FROM %s WHERE %s ORDER BY f, l", strings.Join(cases, " "), l.raw(), strings.Join(tests, " OR "))
	var problems []connect.Problem
	err := l.db.Query(ctx, query, func(row []connect.Cell) error {
		file, _ := strconv.Atoi(row[0].Text)
		line, _ := strconv.ParseInt(row[1].Text, 10, 64)
		at, _ := strconv.Atoi(row[2].Text)
		p := l.problem(l.paths[file], line, l.columns[at].name, "files.bad_value")
		p.Message = "the value is not exactly of the type " + l.columns[at].declared
		problems = append(problems, p)
		return nil
	})
	if err != nil {
		return nil, loading(err)
	}
	return problems, nil
}

// parquet reads the files in place. Each is opened once first, so that a damaged one is named.
func (l *loader) parquet(ctx context.Context, paths []string) error {
	if len(l.types) > 0 {
		return l.usage("files.types_in_parquet", "Parquet files carry their own types", "take types out, or cast in the model")
	}
	quoted := make([]string, len(paths))
	for i, path := range paths {
		quoted[i] = literal(path)
		check := "SELECT 1 FROM parquet_file_metadata(" + quoted[i] + ")"
		if err := l.db.Query(ctx, check, func([]connect.Cell) error { return nil }); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return l.unreadable("files.bad_parquet", fmt.Sprintf("%q is not a complete Parquet file", filepath.Base(path)),
				"write the file again, or take it out of the pattern").Because(err)
		}
	}
	query := fmt.Sprintf("CREATE VIEW %s.main.%s AS FROM read_parquet([%s], union_by_name=true, hive_partitioning=false)",
		name(l.alias), name(l.name), strings.Join(quoted, ", "))
	if err := l.db.Exec(ctx, query); err != nil {
		return l.unreadable("files.parquet_differ", "the Parquet files do not fit together", "give each set of files its own table").Because(err)
	}
	return nil
}
