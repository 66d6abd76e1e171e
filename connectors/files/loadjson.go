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
	seen := map[int]int{}
	for _, path := range paths {
		if err := l.eachJSON(ctx, path, func(line int64, object []byte, wrong string) error {
			if wrong == "" {
				wrong = l.see(object, seen)
			}
			if wrong != "" {
				problems = append(problems, l.problem(path, line, "", wrong))
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

// see notes the members of one object and the shapes of their values.
func (l *loader) see(object []byte, seen map[int]int) (wrong string) {
	found := map[int]int{}
	members(object, func(name string, value json.RawMessage) {
		i := l.add(name)
		if _, twice := found[i]; twice {
			wrong = "files.member_twice"
		}
		found[i] = shapeOf(value)
	})
	if wrong != "" {
		return wrong
	}
	for i, shape := range found {
		seen[i] |= shape
	}
	return ""
}

func shapeOf(value json.RawMessage) int {
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
	for i, path := range paths {
		if err := l.loadCopy(ctx, i, func(w *copyWriter) error {
			return l.eachJSON(ctx, path, func(line int64, object []byte, wrong string) error {
				if wrong != "" {
					return nil
				}
				return l.writeObject(w, line, object)
			})
		}); err != nil {
			return nil, err
		}
	}
	bad, err := l.settle(ctx)
	return append(problems, bad...), err
}

func (l *loader) writeObject(w *copyWriter, line int64, object []byte) error {
	values := make([]json.RawMessage, len(l.columns))
	twice := false
	members(object, func(name string, value json.RawMessage) {
		i := l.add(name)
		twice = twice || values[i] != nil
		values[i] = value
	})
	if twice {
		return nil
	}
	w.line(line)
	for i, value := range values {
		if value == nil || value[0] == 'n' {
			w.null()
			continue
		}
		w.value(textOf(value, l.columns[i].fixed == "JSON"))
	}
	return w.end()
}

// textOf is the text of a value: what stands between the quotes of a text, everything else as it is written. In a
// column of type JSON a text keeps its quotes.
func textOf(value json.RawMessage, whole bool) []byte {
	if !whole && value[0] == '"' {
		var text string
		_ = json.Unmarshal(value, &text)
		return []byte(text)
	}
	var compact bytes.Buffer
	_ = json.Compact(&compact, value)
	return compact.Bytes()
}

// members calls each with the members of a valid object, in their order.
func members(object []byte, each func(name string, value json.RawMessage)) {
	decoder := json.NewDecoder(bytes.NewReader(object))
	_, _ = decoder.Token()
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return
		}
		name, _ := token.(string)
		var value json.RawMessage
		if decoder.Decode(&value) != nil {
			return
		}
		each(name, value)
	}
}
