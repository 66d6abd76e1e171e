package files

import (
	"bytes"
	"context"
	"encoding/json"

	"github.com/freshet/freshet/sync/connect"
)

// shapes of the values seen in one member, as bits.
const (
	sawText = 1 << iota
	sawNumber
	sawTruth
	sawNested
)

func (l *loader) json(ctx context.Context, paths []string) ([]connect.Problem, error) {
	l.paths = paths
	var problems []connect.Problem
	var row objectRow
	seen := map[int]int{}
	for _, path := range paths {
		if err := l.eachJSON(ctx, path, func(line int64, object []byte, wrong string) error {
			if wrong == "" {
				wrong = row.read(l, object)
			}
			if wrong != "" {
				problems = append(problems, l.problem(path, line, "", wrong))
				return nil
			}
			for i, value := range row.values {
				seen[i] |= shapeOf(value)
			}
			return nil
		}); err != nil {
			return nil, err
		}
	}
	for _, declared := range sortedKeys(l.types) {
		l.add(declared)
	}
	if len(l.columns) == 0 {
		return nil, l.unreadable("files.empty", "there is no object in the files, so their columns are not known",
			"declare the columns with types, or take the table out")
	}
	if err := l.declareTypes(); err != nil {
		return nil, err
	}
	for i := range l.columns {
		l.columns[i].fixed, l.columns[i].inexact = jsonType(seen[i])
	}
	return l.copyJSON(ctx, paths, problems)
}

// objectRow is the present object as values of the table's columns; nil where a member is absent.
type objectRow struct{ values [][]byte }

// read takes an object apart. wrong is the code of what is wrong with it, "" where it is good.
func (r *objectRow) read(l *loader, object []byte) (wrong string) {
	clear(r.values)
	members(object, func(name, value []byte) {
		i := l.member(name)
		for len(r.values) <= i {
			r.values = append(r.values, nil)
		}
		if r.values[i] != nil {
			wrong = "files.member_twice"
		}
		r.values[i] = value
	})
	return wrong
}

// member is add for the bytes of a name, quick for names that were written the same way before.
func (l *loader) member(name []byte) int {
	if i, ok := l.exact[string(name)]; ok {
		return i
	}
	if l.exact == nil {
		l.exact = map[string]int{}
	}
	i := l.add(string(name))
	l.exact[string(name)] = i
	return i
}

func shapeOf(value []byte) int {
	if value == nil {
		return 0
	}
	switch value[0] {
	case '"':
		return sawText
	case '{', '[':
		return sawNested
	case 't', 'f':
		return sawTruth
	case 'n':
		return 0
	}
	return sawNumber
}

// jsonType is the column type for the shapes seen; "" leaves it to the digits of the numbers.
func jsonType(shapes int) (fixed string, numbers bool) {
	switch {
	case shapes&sawNested != 0:
		return "JSON", false
	case shapes == sawTruth:
		return "BOOLEAN", false
	case shapes == sawNumber:
		return "", true
	}
	return "VARCHAR", false
}

func (l *loader) copyJSON(ctx context.Context, paths []string, problems []connect.Problem) ([]connect.Problem, error) {
	if err := l.createRaw(ctx); err != nil {
		return nil, err
	}
	var row objectRow
	for i, path := range paths {
		if err := l.loadCopy(ctx, i, func(w *copyWriter) error {
			return l.eachJSON(ctx, path, func(line int64, object []byte, wrong string) error {
				if wrong != "" || row.read(l, object) != "" {
					return nil
				}
				return l.writeObject(w, line, &row)
			})
		}); err != nil {
			return nil, err
		}
	}
	bad, err := l.settle(ctx)
	return append(problems, bad...), err
}

func (l *loader) writeObject(w *copyWriter, line int64, row *objectRow) error {
	w.line(line)
	for i := range l.columns {
		if i >= len(row.values) || row.values[i] == nil || row.values[i][0] == 'n' {
			w.null()
			continue
		}
		w.value(textOf(row.values[i], l.columns[i].fixed == "JSON"))
	}
	return w.end()
}

// textOf is the text of a value: what stands between the quotes of a text, everything else as it is written. In a
// column of type JSON a text keeps its quotes.
func textOf(value []byte, whole bool) []byte {
	if !whole && value[0] == '"' {
		return unquote(value)
	}
	if value[0] != '{' && value[0] != '[' {
		return value
	}
	var compact bytes.Buffer
	_ = json.Compact(&compact, value)
	return compact.Bytes()
}
