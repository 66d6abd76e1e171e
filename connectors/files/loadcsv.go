package files

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/freshet/freshet/sync/connect"
)

func (l *loader) csv(ctx context.Context, paths []string) ([]connect.Problem, error) {
	l.paths = paths
	var scanned []*csvFile
	var problems []connect.Problem
	for _, path := range paths {
		f, err := l.scanCSV(ctx, path)
		if err != nil {
			return nil, err
		}
		for _, name := range f.columns {
			l.add(name)
		}
		scanned = append(scanned, f)
		problems = append(problems, f.problems...)
	}
	if err := l.declareTypes(); err != nil {
		return nil, err
	}
	if err := l.createRaw(ctx); err != nil {
		return nil, err
	}
	for i, f := range scanned {
		if err := l.loadCSV(ctx, i, f); err != nil {
			return nil, err
		}
	}
	bad, err := l.settle(ctx)
	return append(problems, bad...), err
}

// loadCSV lets DuckDB read a plain file itself, and checks that it found the same number of rows. Otherwise, and where
// declared types may need the line of a value, a copy with line numbers is loaded.
func (l *loader) loadCSV(ctx context.Context, file int, f *csvFile) error {
	if f.plain && len(l.types) == 0 {
		same, err := l.loadDirect(ctx, file, f)
		if same || err != nil {
			return err
		}
	}
	return l.loadCopy(ctx, file, func(w *copyWriter) error { return l.copyCSV(ctx, f, w) })
}

func (l *loader) loadDirect(ctx context.Context, file int, f *csvFile) (same bool, err error) {
	targets, names := []string{"f"}, []string{}
	for i, name := range f.columns {
		targets = append(targets, "c"+strconv.Itoa(l.add(name)))
		names = append(names, "v"+strconv.Itoa(i))
	}
	dialect := csvDialect{delimiter: f.delim, quote: l.quote, header: l.header, nulls: append([]string{""}, l.nulls...),
		quotedNulls: true, crlf: f.crlf, gzip: strings.HasSuffix(strings.ToLower(f.path), ".gz")}
	query := fmt.Sprintf("INSERT INTO %s (%s) SELECT %d, %s FROM %s", l.raw(), strings.Join(targets, ", "), file,
		strings.Join(names, ", "), readCSV(f.path, dialect, names))
	if err := l.db.Exec(ctx, query); err != nil {
		return false, ctx.Err() // whatever it stumbled over, the copy decides
	}
	counted, err := l.numbers(ctx, fmt.Sprintf("SELECT count(*) FROM %s WHERE f = %d", l.raw(), file))
	if err != nil || counted[0] == f.rows {
		return err == nil, err
	}
	return false, l.exec(ctx, fmt.Sprintf("DELETE FROM %s WHERE f = %d", l.raw(), file))
}

func (l *loader) copyCSV(ctx context.Context, f *csvFile, w *copyWriter) error {
	again := &csvFile{path: f.path}
	position := make([]int, len(l.columns)) // column of the table to value of the row, -1 where the file lacks it
	for i := range position {
		position[i] = slices.IndexFunc(f.columns, func(name string) bool { return strings.EqualFold(name, l.columns[i].name) })
	}
	return l.eachCSV(ctx, again, func(c *csvRows, wrong string) error {
		if wrong != "" {
			return nil
		}
		w.line(c.line)
		for _, i := range position {
			if i < 0 || l.means(c.field(i)) {
				w.null()
				continue
			}
			w.value(c.field(i))
		}
		return w.end()
	})
}

// means says whether a text stands for NULL.
func (l *loader) means(text []byte) bool {
	if len(text) == 0 {
		return true
	}
	for _, n := range l.nulls {
		if string(text) == n {
			return true
		}
	}
	return false
}
