package hubspot

import (
	"strings"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/model"
)

const recordID = "hs_object_id"

// problem is why an operation cannot be sent.
type problem struct{ code, message string }

// rows are the operations that can be sent; the others are rejected here, without a call.
func (w *work) rows() []row {
	rows := make([]row, 0, len(w.batch.Ops))
	for i, op := range w.batch.Ops {
		r, p := w.row(i, op)
		if p != nil {
			w.outcomes[i] = connect.Outcome{Verdict: connect.Rejected, Code: p.code, Message: p.message}
			continue
		}
		if w.batch.Verb == connect.Clear && string(r.properties) == "{}" {
			w.outcomes[i] = connect.Outcome{Verdict: connect.Accepted} // nothing was written but the match
			continue
		}
		rows = append(rows, r)
	}
	return rows
}

func (w *work) row(i int, op connect.Operation) (row, *problem) {
	match, p := matchOf(op.Match)
	if p != nil {
		return row{}, p
	}
	if match.property == "" && (w.batch.Verb == connect.Upsert || w.batch.Verb == connect.Insert) {
		return row{}, &problem{"hubspot.record_id", "records cannot be made under a HubSpot record id: use mode update, or another match property"}
	}
	properties, p := w.properties(op, match)
	if p != nil {
		return row{}, p
	}
	return row{at: i, targets: append(w.elsewhere(op), match), properties: properties}, nil
}

// elsewhere is where the record is to be looked for before its match: a record that moves, by its id or its old value;
// a record that leaves, by its id, since the match may have been changed in HubSpot.
func (w *work) elsewhere(op connect.Operation) []target {
	moves := len(op.PriorMatch) > 0 && w.batch.Verb != connect.Insert
	switch {
	case op.RemoteID != "" && (moves || w.batch.Verb.Leaving()):
		return []target{{id: op.RemoteID}}
	case moves:
		if prior, p := matchOf(op.PriorMatch); p == nil {
			return []target{prior}
		}
	}
	return nil
}

func matchOf(match model.Fields) (target, *problem) {
	if len(match) != 1 {
		return target{}, &problem{"hubspot.match", "HubSpot finds a record by exactly one property"}
	}
	name, value := match[0].Name, match[0].Value
	id, err := text(value)
	if err != nil || folded(id) == "" {
		return target{}, &problem{"hubspot.match_empty", "the match property " + name + " has no value"}
	}
	if name == recordID {
		return target{id: id}, nil
	}
	if name == "email" {
		id = folded(id)
	}
	return target{property: name, id: id}, nil
}

// properties is the JSON object of what to write, in one go and without maps: it is on the path of every row.
func (w *work) properties(op connect.Operation, match target) ([]byte, *problem) {
	dst := make([]byte, 0, 32+64*len(op.Fields))
	dst = append(dst, '{')
	clears := w.batch.Verb == connect.Clear
	if match.property != "" && !w.batch.Verb.Leaving() {
		dst = member(dst, match.property, match.id)
	}
	for _, f := range op.Fields {
		if strings.Contains(f.Name, ".") {
			return nil, &problem{"hubspot.nested_name", "HubSpot's properties do not nest: " + f.Name + " has a dot"}
		}
		if f.Name == match.property || f.Name == recordID {
			continue
		}
		value, err := text(f.Value)
		if err != nil {
			return nil, &problem{"hubspot.separator", f.Name + ": " + err.Error()}
		}
		if clears {
			value = ""
		}
		dst = member(dst, f.Name, value)
	}
	return append(dst, '}'), nil
}

func member(dst []byte, name, value string) []byte {
	if dst[len(dst)-1] != '{' {
		dst = append(dst, ',')
	}
	dst = model.AppendQuoted(dst, name)
	dst = append(dst, ':')
	return model.AppendQuoted(dst, value)
}
