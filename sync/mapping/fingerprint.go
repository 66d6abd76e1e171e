package mapping

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// dialect grows when the same definition begins to make other payloads: a change of a filter, of a coercion, of a text.
const dialect = "freshet mapping 1"

// fingerprint hashes a canonical description of everything that decides a payload. What only decides whether a row is
// set aside, such as lengths and choices, is no part of it.
func (c *compiler) fingerprint(p *Program) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\nkeys %q\n", dialect, c.model.Key)
	for _, col := range p.columns {
		fmt.Fprintf(&b, "column %q %q %d\n", col.Name, col.Type, col.Kind)
	}
	for i := range p.cells {
		cell := &p.cells[i]
		fmt.Fprintf(&b, "cell %q fields=%t match=%t type=%q scale=%d omit=%t", cell.name, cell.inFields, cell.inMatch, cell.rule.typ, cell.rule.scale, cell.omit)
		switch {
		case cell.column >= 0:
			fmt.Fprintf(&b, " column=%q\n", p.columns[cell.column].Name)
		case cell.template != nil:
			fmt.Fprintf(&b, " template=%q\n", cell.template.Source())
		default:
			fmt.Fprintf(&b, " literal=%d %q\n", cell.literal.Kind, cell.literal.Text)
		}
	}
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:])
}
