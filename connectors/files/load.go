package files

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/fault"
)

// column is a column of a table while it is loaded: as text c0, c1, … of the raw table, then under its own name.
type column struct {
	name     string
	declared string // "" where the type is to be found out
	fixed    string // a type the format itself gives, "" where it is to be found out
	inexact  bool   // numbers may be written back in other digits, as JSON allows
}

// loader brings one table into the engine.
type loader struct {
	*table
	db      connect.SQL
	alias   string
	dir     string // the engine's folder for scratch files
	columns []column
	index   map[string]int // folded name to column
	exact   map[string]int // name as written to column
	paths   []string
}

// add finds a column by its name, or makes it. DuckDB's names do not differ by case.
func (l *loader) add(name string) int {
	folded := strings.ToLower(name)
	if i, ok := l.index[folded]; ok {
		return i
	}
	if l.index == nil {
		l.index = map[string]int{}
	}
	l.index[folded] = len(l.columns)
	if name == "" { // JSON allows it, SQL does not
		name = "column" + strconv.Itoa(len(l.columns)+1)
	}
	l.columns = append(l.columns, column{name: name})
	return len(l.columns) - 1
}

func (l *loader) declareTypes() error {
	for _, declared := range sortedKeys(l.types) {
		i, ok := l.index[strings.ToLower(declared)]
		if !ok {
			return l.noColumn(declared)
		}
		l.columns[i].declared = l.types[declared]
	}
	return nil
}

func (l *loader) noColumn(wanted string) error {
	var names []string
	for _, c := range l.columns {
		names = append(names, c.name)
	}
	suggestion := "the columns are " + strings.Join(names, ", ")
	if near := fault.Nearest(wanted, names); near != "" {
		suggestion = fmt.Sprintf("did you mean %q?", near)
	}
	return fault.New(fault.Source, "files.no_column", fmt.Sprintf("there is no column %q", wanted)).At(l.where + ".types").Do(suggestion)
}

func (l *loader) raw() string { return name(l.alias) + "." + reading + "." + name(l.name) }

func (l *loader) createRaw(ctx context.Context) error {
	parts := []string{"f INTEGER", "l BIGINT"}
	for i := range l.columns {
		parts = append(parts, "c"+strconv.Itoa(i)+" VARCHAR")
	}
	return l.exec(ctx, "CREATE TABLE "+l.raw()+" ("+strings.Join(parts, ", ")+")")
}

func (l *loader) exec(ctx context.Context, query string) error {
	return execAll(ctx, l.db, query)
}

// numbers asks for one row of numbers; NULL is 0.
func (l *loader) numbers(ctx context.Context, query string) ([]int64, error) {
	var found []int64
	err := l.db.Query(ctx, query, func(row []connect.Cell) error {
		for _, cell := range row {
			n, _ := strconv.ParseInt(cell.Text, 10, 64)
			found = append(found, n)
		}
		return nil
	})
	if err != nil {
		return nil, loading(err)
	}
	return found, nil
}

// loadCopy fills the raw table from a copy this package writes: the line number first, then every column.
func (l *loader) loadCopy(ctx context.Context, file int, write func(*copyWriter) error) error {
	f, err := os.CreateTemp(l.dir, "*.csv")
	if err != nil {
		return l.noRoom(err)
	}
	defer func() { _ = os.Remove(f.Name()) }()
	w := newCopyWriter(f)
	if err := write(w); err != nil {
		_ = f.Close()
		return err
	}
	if err := w.close(); err != nil {
		return l.noRoom(err)
	}
	names := []string{"l"}
	for i := range l.columns {
		names = append(names, "c"+strconv.Itoa(i))
	}
	read := readCSV(f.Name(), csvDialect{delimiter: ',', quote: '"', nulls: []string{""}}, names)
	return l.exec(ctx, fmt.Sprintf("INSERT INTO %s SELECT %d, * FROM %s", l.raw(), file, read))
}

func (l *loader) noRoom(err error) error {
	return fault.New(fault.Storage, "files.no_room", "a copy of the file cannot be written").At(l.where).Because(err).
		Do("make room in the data directory")
}

const (
	longestLine = 4 * maxRecord // a row in the copy, where quoting may double it
	readBuffer  = 8 << 20       // bytes DuckDB reads at a time; what it takes by itself is 16 of the longest lines
)

// csvDialect is everything DuckDB's CSV reader could otherwise guess.
type csvDialect struct {
	delimiter, quote byte
	header           bool
	nulls            []string
	quotedNulls      bool
	crlf             bool
	gzip             bool
}

func readCSV(path string, d csvDialect, columns []string) string {
	types := make([]string, len(columns))
	for i, c := range columns {
		kind := "VARCHAR"
		if c == "l" {
			kind = "BIGINT"
		}
		types[i] = literal(c) + ": " + literal(kind)
	}
	nulls := make([]string, len(d.nulls))
	for i, n := range d.nulls {
		nulls[i] = literal(n)
	}
	compression := "none"
	if d.gzip {
		compression = "gzip"
	}
	newLine := `\n`
	if d.crlf {
		newLine = `\r\n`
	}
	quote := literal(string(rune(d.quote)))
	return fmt.Sprintf("read_csv(%s, auto_detect=false, header=%t, delim=%s, quote=%s, escape=%s, nullstr=[%s], allow_quoted_nulls=%t, "+
		"compression=%s, new_line=%s, max_line_size=%d, buffer_size=%d, columns={%s})", literal(path), d.header, literal(string(rune(d.delimiter))), quote, quote,
		strings.Join(nulls, ", "), d.quotedNulls, literal(compression), literal(newLine), longestLine, readBuffer, strings.Join(types, ", "))
}
