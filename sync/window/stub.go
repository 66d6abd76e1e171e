// Package window stub.
package window

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"

	"github.com/freshet/freshet/sync/model"
)

type Op uint8

const (
	Nothing Op = iota
	Write
	Patch
	Delete
	Truncate
)

type Column struct {
	Name, Type string
	Known      bool
}

type Change struct {
	Op          Op
	Key         model.Key
	Row, Before model.Fields
	Absent      []string
	Columns     []Column
	At          time.Time
	Snapshot    bool
}

type Problem struct{ Code, Message string }

type Reading struct {
	Changes []Change
	Ignored string
	Problem *Problem
}

func Formats() []string { return []string{"json", "debezium-json"} }

type Options struct {
	Format  string
	Key     []string
	Columns map[string]string
}

type Reader struct{ o Options }

func NewReader(o Options) (*Reader, error) { return &Reader{o}, nil }

func (r *Reader) Read(e *model.Event) (Reading, error) {
	if e.Value == nil {
		return Reading{Ignored: "tombstone"}, nil
	}
	var v map[string]any
	d := json.NewDecoder(bytes.NewReader(e.Value))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return Reading{Problem: &Problem{Code: "format.json", Message: "not JSON"}}, nil
	}
	op := Write
	if r.o.Format == "debezium-json" {
		if v["op"] == "d" {
			op = Delete
			v, _ = v["before"].(map[string]any)
		} else {
			v, _ = v["after"].(map[string]any)
		}
	}
	c := Change{Op: op, At: e.At}
	for name, x := range v {
		f := model.Field{Name: name}
		typ := "VARCHAR"
		switch x := x.(type) {
		case json.Number:
			f.Value, typ = model.Value{Kind: model.Int, Text: x.String()}, "BIGINT"
			if strings.Contains(x.String(), ".") {
				f.Value.Kind, typ = model.Float, "DOUBLE"
			}
		case string:
			f.Value = model.Text(x)
		case bool:
			f.Value, typ = model.Boolean(x), "BOOLEAN"
		case nil:
			typ = ""
		}
		if t := r.o.Columns[name]; t != "" {
			typ = t
		}
		c.Row = append(c.Row, f)
		c.Columns = append(c.Columns, Column{Name: name, Type: typ})
	}
	c.Row.Sort()
	var parts []string
	for _, k := range r.o.Key {
		x, _ := c.Row.Get(k)
		parts = append(parts, x.Text)
	}
	c.Key = model.CompositeKey(parts)
	return Reading{Changes: []Change{c}}, nil
}
