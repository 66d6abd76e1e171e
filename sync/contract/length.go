package contract

import (
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/freshet/freshet/sync/model"
)

// lengths checks how long texts are, in characters, and how much objects and lists hold.
func (c *compiler) lengths(o *Options, t *columnTest) {
	c.between(o, t, o.MinLength, o.MaxLength, "characters", func(v model.Value) (int, bool) {
		return utf8.RuneCountInString(v.Text), true
	})
	c.between(o, t, o.MinItems, o.MaxItems, "items", itemsIn)
	c.between(o, t, o.MinProperties, o.MaxProperties, "keys", keysIn)
	if yes(o.UniqueItems) {
		t.add(CodeValue, "uniqueItems", "holds an item twice", func(_ *columnTest, v model.Value) bool { return differ(v.Text) })
	}
	if t.sort == objectSort && len(o.Required) > 0 {
		t.add(CodeRequired, fmt.Sprintf("keys %q", o.Required), "lacks a key that the contract requires",
			func(_ *columnTest, v model.Value) bool { return holdsAll(v.Text, o.Required) })
	}
}

func (c *compiler) between(o *Options, t *columnTest, low, high *int, what string, measure func(model.Value) (int, bool)) {
	if low == nil && high == nil {
		return
	}
	least, most := 0, int(^uint(0)>>1)
	says := ""
	if low != nil {
		least, says = *low, fmt.Sprintf("at least %d", *low)
	}
	if high != nil {
		most = *high
		if says != "" {
			says += " and "
		}
		says += fmt.Sprintf("at most %d", *high)
	}
	if least > most {
		c.fail(o.Pos, "bad_bound", "the least number of "+what+" is above the most", "turn the two around")
		return
	}
	t.add(CodeLength, what+says, "has not "+says+" "+what, func(_ *columnTest, v model.Value) bool {
		n, ok := measure(v)
		return ok && n >= least && n <= most
	})
}

func itemsIn(v model.Value) (int, bool) {
	var items []json.RawMessage
	err := json.Unmarshal([]byte(v.Text), &items)
	return len(items), err == nil
}

func keysIn(v model.Value) (int, bool) {
	var all map[string]json.RawMessage
	err := json.Unmarshal([]byte(v.Text), &all)
	return len(all), err == nil
}

func differ(text string) bool {
	var items []json.RawMessage
	if json.Unmarshal([]byte(text), &items) != nil {
		return false
	}
	seen := map[string]bool{}
	for _, item := range items {
		if seen[string(item)] {
			return false
		}
		seen[string(item)] = true
	}
	return true
}

func holdsAll(text string, names []string) bool {
	var all map[string]json.RawMessage
	if json.Unmarshal([]byte(text), &all) != nil {
		return false
	}
	return !slices.ContainsFunc(names, func(name string) bool { _, ok := all[name]; return !ok })
}
