package feed

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/freshet/freshet/sync/contract"
	"github.com/freshet/freshet/sync/engine"
	"github.com/freshet/freshet/sync/format"
	"github.com/freshet/freshet/sync/model"
	"github.com/freshet/freshet/sync/window"
)

// columns are the columns of a feed's table, as events have shown them.
type columns struct {
	list []engine.FeedColumn
	at   map[string]int  // by name in lower case
	firm map[string]bool // types that a schema or a person has named
}

func newColumns(kept string, declared map[string]string) (*columns, error) {
	c := &columns{at: map[string]int{}, firm: map[string]bool{}}
	if kept != "" {
		if err := json.Unmarshal([]byte(kept), &c.list); err != nil {
			return nil, err
		}
	}
	for i, column := range c.list {
		c.at[strings.ToLower(column.Name)] = i
	}
	for name, text := range declared {
		typ, err := typeName(text)
		if err != nil {
			return nil, err
		}
		c.firm[strings.ToLower(name)] = true
		if i, ok := c.at[strings.ToLower(name)]; ok {
			c.list[i].Type = typ
			continue
		}
		c.add(name, typ)
	}
	return c, nil
}

// typeName is the DuckDB type of a declaration such as "TIMESTAMP from ms".
func typeName(declared string) (string, error) {
	t, err := format.ParseType(declared)
	return t.Name, err
}

func (c *columns) add(name, typ string) {
	c.at[strings.ToLower(name)] = len(c.list)
	c.list = append(c.list, engine.FeedColumn{Name: name, Type: typ})
}

func (c *columns) text() string {
	text, _ := json.Marshal(c.list)
	return string(text)
}

// difference is what events have changed about the columns.
type difference struct {
	added   []engine.FeedColumn
	retyped []string
	shown   bool // a column was dropped, or is back
}

func (d difference) any() bool { return len(d.added)+len(d.retyped) > 0 || d.shown }

// meet takes the columns of a change in. A value that does not fit a type that nobody has named makes the column a wider
// one: whole numbers become decimals or floats, and everything can become text.
func (c *columns) meet(change *window.Change, d *difference) {
	c.missed(change, d)
	for _, column := range change.Columns {
		i, known := c.at[strings.ToLower(column.Name)]
		switch {
		case !known:
			typ := column.Type
			if typ == "" {
				continue // only nulls so far
			}
			c.add(column.Name, typ)
			d.added = append(d.added, c.list[len(c.list)-1])
		case column.Type == "" || c.firm[strings.ToLower(column.Name)] || c.list[i].Type == column.Type:
		default:
			if wider := widest(c.list[i].Type, column.Type); wider != c.list[i].Type {
				c.list[i].Type = wider
				d.retyped = append(d.retyped, column.Name)
			}
		}
	}
}

// missed notes columns that the event's schema does not have although the one before had them: the source has dropped them.
// An event without a schema says nothing of the kind by what it leaves out.
func (c *columns) missed(change *window.Change, d *difference) {
	bySchema := func(x window.Column) bool { return x.Known && !c.firm[strings.ToLower(x.Name)] }
	if change.Op != window.Write || !slices.ContainsFunc(change.Columns, bySchema) {
		return
	}
	for i := range c.list {
		column := &c.list[i]
		here := slices.ContainsFunc(change.Columns, func(x window.Column) bool { return strings.EqualFold(x.Name, column.Name) }) ||
			slices.Contains(change.Absent, column.Name)
		if column.Dropped == here {
			column.Dropped, d.shown = !here, true
		}
	}
}

// widest is the narrowest of two types and text in which every value of both has an exact text.
func widest(a, b string) string {
	switch change, _ := contract.TypeChange(a, b); change {
	case contract.SameType, contract.Narrowed:
		return a
	case contract.Widened:
		return b
	}
	return "VARCHAR"
}

// rowOf writes a row as the ledger keeps it.
func rowOf(fields model.Fields) []byte { return engine.AppendFeedRow(nil, fields) }
