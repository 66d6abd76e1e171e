package mapping

import (
	"errors"
	"unicode/utf8"

	"github.com/freshet/freshet/sync/liquid"
	"github.com/freshet/freshet/sync/model"
)

// Apply makes a row's payload; row is aligned with Columns. The result keeps none of row itself. A row that cannot be
// sent exactly as the mapping says has a Problem and no result.
func (p *Program) Apply(row []model.Value) (Result, *Problem) {
	room := make([]model.Field, p.fields+p.matches)
	fields, match := room[:0:p.fields], room[p.fields:p.fields]
	for i := range p.cells {
		c := &p.cells[i]
		v, problem := c.value(row)
		if problem != nil {
			problem.Field = c.name
			return Result{}, problem
		}
		if c.inMatch {
			match = append(match, model.Field{Name: c.name, Value: v})
		}
		if c.inFields && (v.Kind != model.Null || !c.omit) {
			fields = append(fields, model.Field{Name: c.name, Value: v})
		}
	}
	return Result{Fields: fields, Match: match}, nil
}

func (c *cell) value(row []model.Value) (v model.Value, problem *Problem) {
	switch {
	case c.column >= 0:
		v = row[c.column]
	case c.template != nil:
		if v, problem = c.render(row); problem != nil {
			return v, problem
		}
	default:
		return c.literal, nil // it was checked and coerced when the mapping was compiled
	}
	if v.Kind == model.Null || c.inMatch && v.Text == "" {
		return c.null(v)
	}
	if (v.Kind == model.String || v.Kind == model.JSON) && !utf8.ValidString(v.Text) {
		return v, &Problem{Code: "mapping.not_text", Message: "the text is not valid UTF-8"}
	}
	return c.rule.coerce(v)
}

// null judges a value that is not there.
func (c *cell) null(v model.Value) (model.Value, *Problem) {
	switch {
	case c.inMatch:
		return v, &Problem{Code: "mapping.match_null", Message: "the match value is null or empty, so the record cannot be found"}
	case c.required && !c.omit:
		return v, &Problem{Code: "mapping.required_null", Message: "the destination takes no null in this field"}
	default:
		return v, nil
	}
}

// render makes a template's text. An empty text is the text "", unless nulls are left out: then it is a null.
func (c *cell) render(row []model.Value) (model.Value, *Problem) {
	var room [8]model.Value
	values := room[:0]
	for _, slot := range c.slots {
		values = append(values, row[slot])
	}
	s, err := c.template.Render(values)
	if err != nil {
		message := "the template cannot be rendered"
		var e *liquid.Error
		if errors.As(err, &e) {
			message += ": " + e.Error()
		}
		return model.Value{}, &Problem{Code: "mapping.bad_template", Message: message}
	}
	if s == "" && c.omit {
		return model.Value{}, nil
	}
	return model.Text(s), nil
}
