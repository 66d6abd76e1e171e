package reach

import (
	"maps"
	"slices"
	"strings"
)

// Skeleton is how the tables of a parse stand to each other. DuckDB writes some parses as SQL that it reads in another way; two
// texts with one skeleton join the same things in the same order.
func Skeleton(parse []byte) (string, error) {
	tree, _, err := read(parse)
	var b strings.Builder
	skeleton(tree, &b)
	return b.String(), err
}

func skeleton(of any, b *strings.Builder) {
	switch n := of.(type) {
	case []any:
		for _, c := range n {
			skeleton(c, b)
		}
	case node:
		kind := text(n, "type")
		bone := kind == "JOIN" || kind == "BASE_TABLE" || kind == "SET_OPERATION_NODE"
		if bone {
			b.WriteString("(" + strings.Join([]string{kind, text(n, "join_type"), text(n, "ref_type"), text(n, "table_name"), text(n, "setop_type")}, " "))
		}
		for _, name := range slices.Sorted(maps.Keys(n)) {
			skeleton(n[name], b)
		}
		if bone {
			b.WriteString(")")
		}
	}
}
