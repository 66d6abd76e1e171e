package window

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/freshet/freshet/sync/model"
)

// table is what changes are applied to, one by one.
type table map[model.Key]map[string]model.Value

func (tb table) apply(changes []Change) table {
	for _, c := range changes {
		switch c.Op {
		case Write:
			tb[c.Key] = map[string]model.Value{}
			fallthrough
		case Patch:
			if tb[c.Key] == nil {
				tb[c.Key] = map[string]model.Value{}
			}
			for _, f := range c.Row {
				tb[c.Key][f.Name] = f.Value
			}
		case Delete:
			delete(tb, c.Key)
		case Truncate:
			clear(tb)
		}
	}
	return tb
}

func drawFields(t *rapid.T, label string) model.Fields {
	var f model.Fields
	for _, name := range []string{"a", "b", "c"} {
		switch n := rapid.IntRange(0, 3).Draw(t, label+name); n {
		case 0:
		case 1:
			f = append(f, model.Field{Name: name})
		default:
			f = append(f, model.Field{Name: name, Value: model.Integer(int64(n))})
		}
	}
	return f
}

func drawChanges(t *rapid.T) []Change {
	n := rapid.IntRange(0, 12).Draw(t, "changes")
	changes := make([]Change, n)
	for i := range changes {
		c := &changes[i]
		c.Offset = int64(i)
		c.Op = rapid.SampledFrom([]Op{Nothing, Write, Write, Patch, Patch, Patch, Delete, Truncate}).Draw(t, "op")
		c.Key = model.Key(rapid.SampledFrom([]string{"1", "2"}).Draw(t, "key"))
		if c.Op == Write || c.Op == Patch {
			c.Row = drawFields(t, "row")
		}
		if c.Op == Patch {
			for _, name := range []string{"a", "b", "c"} {
				if _, carried := c.Row.Get(name); !carried {
					c.Absent = append(c.Absent, name)
				}
			}
		}
	}
	return changes
}

// foldsLikeOneByOne checks a fold against applying its changes one after the other to every kind of table there may be.
func foldsLikeOneByOne(changes []Change, fold func([]Change) []Change) error {
	folded := fold(changes)
	for _, start := range []func() table{
		func() table { return table{} },
		func() table { return table{"1": {"a": model.Text("was"), "d": model.Text("was")}} },
	} {
		if diff := cmp.Diff(start().apply(changes), start().apply(folded)); diff != "" {
			return fmt.Errorf("one by one and folded differ: %s", diff)
		}
	}
	seen := map[model.Key]bool{}
	for _, c := range folded {
		if c.Op == Truncate {
			clear(seen)
			continue
		}
		if seen[c.Key] {
			return fmt.Errorf("key %s twice", c.Key)
		}
		seen[c.Key] = true
		for _, name := range c.Absent {
			if _, carried := c.Row.Get(name); carried {
				return fmt.Errorf("%s is absent and there", name)
			}
		}
	}
	return nil
}

func TestFoldIsOneByOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		changes := drawChanges(t)
		if err := foldsLikeOneByOne(changes, Fold); err != nil {
			t.Fatal(err)
		}
	})
}

// TestFoldMutants: the property fails for the mistakes that others have made.
func TestFoldMutants(t *testing.T) {
	for name, wrong := range map[string]func(first, next Change) Change{
		"a later patch replaces an earlier": func(_, next Change) Change { return next },
		"a write after a delete is merged": func(first, next Change) Change {
			c := then(first, next)
			c.Row = overlaid(first.Row, next.Row)
			return c
		},
		"a patch after a delete is a patch":      func(first, next Change) Change { c := then(first, next); c.Op = next.Op; return c },
		"the first wins":                         func(first, _ Change) Change { return first },
		"an absent column takes the value along": func(first, next Change) Change { return lossy(then(first, next), next.Absent) },
	} {
		t.Run(name, func(t *testing.T) {
			caught := false
			for seed := range 300 {
				changes := rapid.Custom(drawChanges).Example(seed)
				fold := func(all []Change) []Change {
					var out []Change
					for _, c := range all {
						if n := len(out); n > 0 && c.Op != Nothing && c.Op != Truncate && out[n-1].Op != Truncate && out[n-1].Key == c.Key {
							out[n-1] = wrong(out[n-1], c)
							continue
						}
						out = append(out, c)
					}
					return out
				}
				err := foldsLikeOneByOne(changes, fold)
				caught = caught || err != nil && strings.Contains(err.Error(), "differ")
			}
			if !caught {
				t.Error("nobody noticed")
			}
		})
	}
}

func lossy(c Change, absent []string) Change {
	var row model.Fields
	for _, f := range c.Row {
		if !strings.Contains(strings.Join(absent, ","), f.Name) {
			row = append(row, f)
		}
	}
	c.Row = row
	return c
}

// TestFoldKeeps: of several changes the newest event, the oldest image before, and whatever is said of other keys.
func TestFoldKeeps(t *testing.T) {
	before := model.Fields{{Name: "a", Value: model.Integer(0)}}
	got := Fold([]Change{
		{Op: Patch, Key: "1", Before: before, Row: model.Fields{{Name: "a", Value: model.Integer(1)}}, Absent: []string{"bio"}, Offset: 1, OldKey: "0",
			Columns: []Column{{Name: "a", Type: "BIGINT"}, {Name: "bio", Type: "VARCHAR"}}},
		{Op: Patch, Key: "1", Row: model.Fields{{Name: "bio", Value: model.Text("x")}}, Absent: []string{"a"}, Offset: 2,
			Columns: []Column{{Name: "a"}, {Name: "bio", Type: "VARCHAR"}}},
	})
	want := []Change{{Op: Patch, Key: "1", Before: before, Row: model.Fields{{Name: "a", Value: model.Integer(1)}, {Name: "bio", Value: model.Text("x")}},
		Offset: 2, OldKey: "0", Columns: []Column{{Name: "a", Type: "BIGINT"}, {Name: "bio", Type: "VARCHAR"}}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
