package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"syscall"
	"unicode/utf8"

	duckdb "github.com/duckdb/duckdb-go/v2"

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
)

// complaint is an error as DuckDB describes it under errors_as_json.
type complaint struct {
	Type     string `json:"exception_type"`
	Message  string `json:"exception_message"`
	Subtype  string `json:"error_subtype"`
	Position string `json:"position"` // bytes from the start of the statement
	Errno    string `json:"errno"`
}

// complained finds DuckDB's description in an error; ok is false where the error is not DuckDB's.
func complained(err error) (c complaint, ok bool) {
	var duck *duckdb.Error
	if !errors.As(err, &duck) {
		return complaint{}, false
	}
	_, body, found := strings.Cut(duck.Msg, "{")
	if !found || json.Unmarshal([]byte("{"+body), &c) != nil {
		return complaint{}, true // DuckDB's, in a shape nobody knows: its words may hold values, so they are not repeated
	}
	return c, true
}

// early says whether the error was found before any row was read: its words are then about the SQL, not about values.
func (c complaint) early() bool {
	switch c.Type {
	case "Parser", "Syntax", "Binder", "Catalog", "Not implemented", "Permission", "IO", "Transaction", "Dependency", "Settings", "Missing Extension":
		return true
	}
	return false
}

// translate turns a driver's error into a fault without row values; nil stays nil.
func translate(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return fault.New(fault.Canceled, "engine.canceled", "the query was stopped").Because(ctx.Err())
	}
	c, ok := complained(err)
	if !ok {
		return fault.New(fault.Internal, "engine.failed", "the query engine failed").Because(err)
	}
	if f := c.room(); f != nil {
		return f
	}
	if !c.early() {
		return fault.New(fault.Source, "engine.row_failed", c.plain())
	}
	return fault.New(fault.Source, "engine.refused", firstLines(c.Message))
}

// room gives the fault for what ran out: disk or memory. DuckDB has no code for a full scratch folder, only the
// name of the limit that was met.
func (c complaint) room() *fault.Fault {
	full := c.Errno == strconv.Itoa(int(syscall.ENOSPC))
	switch {
	case full, c.Type == "Out of Memory" && strings.Contains(c.Message, "max_temp_directory_size"):
		return fault.New(fault.Storage, "engine.disk_full", "the disk is full: there is no room for the query's scratch files").
			Do("Free some space where the data directory is, or move it with data_dir.")
	case c.Type == "Out of Memory":
		return fault.New(fault.Storage, "engine.memory", "the query needs more memory than the engine may use").
			Do("Give the engine more memory, or make the model's SQL smaller: fewer joins at once, no huge lists.")
	}
	return nil
}

// plain says what kind of thing went wrong with a row, without the row.
func (c complaint) plain() string {
	switch c.Type {
	case "Conversion":
		return "a value could not be converted to the type the SQL asks for"
	case "Out of Range":
		return "a number is out of the range of its type"
	case "Mismatch Type":
		return "a value has another type than the SQL asks for"
	case "Invalid Input":
		return "a function was given a value that it does not take"
	case "Interrupt":
		return "the query was stopped"
	}
	if c.Type == "" {
		return "the query failed"
	}
	return "the query failed on a row (" + strings.ToLower(c.Type) + ")"
}

// ofModel places an error in the model's SQL. skip is how many bytes of our own stood before the SQL; below 0 the
// positions in the error are of no use.
func ofModel(ctx context.Context, m model.Model, skip int, err error) error {
	if err == nil {
		return nil
	}
	c, ok := complained(err)
	if !ok || ctx.Err() != nil || c.room() != nil {
		return translate(ctx, err)
	}
	f := fault.New(fault.Usage, "model.sql", "the SQL of model "+m.Name+" does not work: "+firstLines(c.Message)).
		Do("Correct the SQL of the model.")
	if c.Type == "IO" {
		f = fault.New(fault.Source, "model.source_failed", "model "+m.Name+" cannot read its source: "+firstLines(c.Message)).
			Do("See that the file or database is there, whole, and may be read; then run again.")
	}
	if !c.early() {
		f = fault.New(fault.Source, "model.row_failed", "the SQL of model "+m.Name+" fails on a row: "+c.plain()).
			Do("Use TRY_CAST, or a WHERE that leaves such rows out, in the model's SQL.")
	}
	f.Where = where(m, m.SQLPos)
	if position, bad := strconv.Atoi(c.Position); bad == nil && skip >= 0 && position >= skip {
		return placed(m, position-skip, f)
	}
	return f
}

// placed says at which byte of the model's SQL a fault is.
func placed(m model.Model, offset int, f *fault.Fault) *fault.Fault {
	line, column := lineColumn(m.SQL, offset)
	f.Message += fmt.Sprintf(" (line %d, column %d of the SQL)", line, column)
	return f.At(inSQL(m, line, column))
}

// inSQL is the place of a line and column of the SQL, both from 1, in people's files. A block of text in YAML is
// indented as its first line is.
func inSQL(m model.Model, line, column int) string {
	if m.SQLPos.File == "" {
		return fmt.Sprintf("models.%s.sql:%d:%d", m.Name, line, column)
	}
	return fmt.Sprintf("%s:%d:%d", m.SQLPos.File, m.SQLPos.Line+line-1, max(m.SQLPos.Col, 1)+column-1)
}

// lineColumn counts lines and columns, in runes, from 1.
func lineColumn(text string, offset int) (line, column int) {
	before := text[:min(max(offset, 0), len(text))]
	line = strings.Count(before, "\n") + 1
	return line, utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1
}

// firstLines keeps what DuckDB says and its suggestion, and drops long lists of candidates.
func firstLines(message string) string {
	lines := strings.Split(strings.TrimSpace(message), "\n")
	kept := lines[:0]
	for _, l := range lines {
		if strings.HasPrefix(l, "\t") || len(kept) == 3 {
			break
		}
		if l = strings.TrimSpace(l); l != "" {
			kept = append(kept, l)
		}
	}
	return strings.Join(kept, " ")
}
