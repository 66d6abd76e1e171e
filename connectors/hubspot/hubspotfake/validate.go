package hubspotfake

import (
	"encoding/json"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// refusal is why one input is not taken.
type refusal struct {
	status   int
	category string
	message  string
	code     string
	property string
	ids      []string
}

const longestText = 65_536

var emailForm = regexp.MustCompile(`^[^\s@,;<>"]+@[^\s@,;<>"]+\.[^\s@.,;<>"]{2,}$`)

// check validates an input's values and brings them into the form HubSpot keeps. The caller holds the lock.
func (s *Server) check(o *object, given map[string]string) (map[string]string, *refusal) {
	kept := make(map[string]string, len(given))
	for name, value := range given {
		p, ok := o.properties[name]
		if !ok {
			return nil, s.invalid(name, "PROPERTY_DOESNT_EXIST", `Property "`+name+`" does not exist`)
		}
		if p.ReadOnly {
			return nil, s.invalid(name, "READ_ONLY_VALUE", `"`+name+`" is a read only property; its value cannot be set`)
		}
		normal, code := p.normal(o, value)
		if code != "" {
			return nil, s.invalid(name, code, value+" is not valid for "+name)
		}
		if name == emailProperty && s.blocked[normal] {
			return nil, s.invalid(name, "EMAIL_BLOCKED", "the address was permanently deleted and cannot be used again")
		}
		kept[name] = normal
	}
	return kept, nil
}

// normal is a value as it is kept, or the code of what is wrong with it.
func (p Property) normal(o *object, value string) (kept, code string) {
	if value == "" {
		return "", ""
	}
	switch {
	case o.name == "contacts" && p.Name == emailProperty:
		value = fold(value)
		if !emailForm.MatchString(value) {
			return "", "INVALID_EMAIL"
		}
	case p.Type == "number":
		if n, err := strconv.ParseFloat(value, 64); err != nil || math.IsInf(n, 0) || math.IsNaN(n) {
			return "", "INVALID_FLOAT"
		}
	case p.Type == "bool":
		if value != "true" && value != "false" {
			return "", "INVALID_OPTION"
		}
	case p.Type == "date":
		return moment(value, "2006-01-02", true)
	case p.Type == "datetime":
		return moment(value, "2006-01-02T15:04:05.000Z", false)
	case p.Type == "enumeration":
		return p.chosen(value)
	case utf8.RuneCountInString(value) > longestText:
		return "", "VALUE_TOO_LONG"
	}
	return value, ""
}

// moment takes ISO 8601 text or milliseconds since 1970; a date must be a midnight in UTC.
func moment(value, form string, midnight bool) (kept, code string) {
	t, err := time.Parse(time.RFC3339Nano, value)
	if err != nil {
		t, err = time.Parse(time.DateOnly, value)
	}
	if ms, numeric := strconv.ParseInt(value, 10, 64); numeric == nil {
		t, err = time.UnixMilli(ms), nil
	}
	t = t.UTC()
	if err != nil || midnight && !t.Equal(t.Truncate(24*time.Hour)) {
		return "", "INVALID_DATE"
	}
	return t.Format(form), ""
}

func (p Property) chosen(value string) (kept, code string) {
	values := []string{value}
	if p.FieldType == "checkbox" {
		values = strings.Split(value, ";")
	}
	for _, v := range values {
		if !slices.Contains(p.Options, v) {
			return "", "INVALID_OPTION"
		}
	}
	return value, ""
}

// invalid is a value refused, in HubSpot's words: the message ends with a JSON list of what is wrong.
func (s *Server) invalid(property, code, message string) *refusal {
	list, _ := json.Marshal([]map[string]any{{"isValid": false, "message": message, "error": code, "name": property,
		"localizedErrorMessage": message, "portalId": s.options.Portal}})
	return &refusal{status: 400, category: "VALIDATION_ERROR", code: code, property: property,
		message: "Property values were not valid: " + string(list)}
}

// taken says which unique value belongs to another record.
func (o *object) taken(r *stored, values map[string]string) *refusal {
	for name, value := range values {
		if value == "" || !o.unique(name) {
			continue
		}
		owner := o.owner(name, value)
		if owner == nil || owner == r {
			continue
		}
		message := name + " is already the value of record " + owner.id
		if name == emailProperty && r == nil {
			message = "Contact already exists. Existing ID: " + owner.id
		}
		return &refusal{status: 409, category: "CONFLICT", code: "CONFLICTING_UNIQUE_VALUE", property: name, message: message}
	}
	return nil
}

func (r *refusal) detail() detail {
	d := detail{Message: r.message, Code: r.code}
	if r.property != "" {
		d.Context = map[string][]string{"propertyName": {r.property}}
	}
	return d
}

// row is the refusal of one input inside a batch's answer.
func (r *refusal) row(trace string) envelope {
	e := envelope{Status: "error", Category: r.category, Message: r.message, Context: map[string][]string{}}
	if r.code != "" {
		e.Errors = []detail{r.detail()}
	}
	if len(r.ids) > 0 {
		e.Context["ids"] = r.ids
	}
	if trace != "" {
		e.Context["objectWriteTraceId"] = []string{trace}
	}
	return e
}
