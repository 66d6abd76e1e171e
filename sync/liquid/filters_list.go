package liquid

import (
	"errors"
	"slices"
	"strings"
)

func listed(in value) ([]value, error) {
	if in.kind == nilKind {
		return nil, nil
	}
	if in.kind != listKind {
		return nil, errors.New(kindNames[in.kind] + " is not a list")
	}
	return in.list, nil
}

func join(in value, args []value) (value, error) {
	items, err := listed(in)
	if err != nil {
		return nothing, err
	}
	by := " "
	if len(args) > 0 {
		if by, err = args[0].print(); err != nil {
			return nothing, err
		}
	}
	var b strings.Builder
	for i, item := range items {
		s, err := item.print()
		if err != nil {
			return nothing, err
		}
		if i > 0 {
			b.WriteString(by)
		}
		b.WriteString(s)
		if b.Len() > maxOutput {
			return nothing, errors.New("the text gets too long")
		}
	}
	return text(b.String()), nil
}

func first(in value, _ []value) (value, error) {
	items, err := listed(in)
	if err != nil || len(items) == 0 {
		return nothing, err
	}
	return items[0], nil
}

func last(in value, _ []value) (value, error) {
	items, err := listed(in)
	if err != nil || len(items) == 0 {
		return nothing, err
	}
	return items[len(items)-1], nil
}

func reverse(in value, _ []value) (value, error) {
	items, err := listed(in)
	items = slices.Clone(items)
	slices.Reverse(items)
	return list(items), err
}

// sorted orders items, or objects by one of their members; items that have none come last.
func sorted(in value, args []value) (value, error) {
	items, err := listed(in)
	if err != nil {
		return nothing, err
	}
	items = slices.Clone(items)
	slices.SortStableFunc(items, func(a, b value) int {
		if len(args) > 0 {
			a, _ = a.member(args[0].text)
			b, _ = b.member(args[0].text)
		}
		if a.kind == nilKind || b.kind == nilKind {
			return boolOrder(a.kind == nilKind) - boolOrder(b.kind == nilKind)
		}
		order, e := compare(a, b)
		if e != nil && err == nil {
			err = e
		}
		return order
	})
	return list(items), err
}

func boolOrder(b bool) int {
	if b {
		return 1
	}
	return 0
}

func uniq(in value, _ []value) (value, error) {
	items, err := listed(in)
	seen := map[string]bool{}
	var kept []value
	for _, item := range items {
		if s := string(item.appendJSON(nil)); !seen[s] {
			seen[s] = true
			kept = append(kept, item)
		}
	}
	return list(kept), err
}

func compact(in value, _ []value) (value, error) {
	items, err := listed(in)
	var kept []value
	for _, item := range items {
		if item.kind != nilKind {
			kept = append(kept, item)
		}
	}
	return list(kept), err
}

func mapped(in value, args []value) (value, error) {
	items, err := listed(in)
	var out []value
	for _, item := range items {
		part, e := property(item, args[0].text)
		if e != nil {
			return nothing, e
		}
		out = append(out, part)
	}
	return list(out), err
}

// where keeps objects whose member has a value, or, without one, any that counts as true.
func where(in value, args []value) (value, error) {
	items, err := listed(in)
	var kept []value
	for _, item := range items {
		part, _ := item.member(args[0].text)
		if len(args) > 1 && equal(part, args[1]) || len(args) == 1 && part.test() {
			kept = append(kept, item)
		}
	}
	return list(kept), err
}

func concat(in value, args []value) (value, error) {
	a, err := listed(in)
	if err != nil {
		return nothing, err
	}
	b, err := listed(args[0])
	return list(slices.Concat(a, b)), err
}

func sum(in value, _ []value) (value, error) {
	items, err := listed(in)
	total := whole(0)
	for _, item := range items {
		if err != nil {
			break
		}
		total, err = plus(total, []value{item})
	}
	return total, err
}
