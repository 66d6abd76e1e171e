package salesforcefake

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// rowError is one error of a row as the vendor words it: here the code is called statusCode.
type rowError struct {
	Code    string   `json:"statusCode"`
	Message string   `json:"message"`
	Fields  []string `json:"fields"`
}

// rowResult is the answer to one row.
type rowResult struct {
	ID      string     `json:"id,omitempty"`
	Success bool       `json:"success"`
	Created *bool      `json:"created,omitempty"`
	Errors  []rowError `json:"errors"`
}

func refuse(code, message string, fields ...string) *rowError {
	return &rowError{Code: code, Message: message, Fields: slices.Clip(append([]string{}, fields...))}
}

func failure(id string, e *rowError) rowResult { return rowResult{ID: id, Errors: []rowError{*e}} }

func done(id string) rowResult { return rowResult{ID: id, Success: true, Errors: []rowError{}} }

func saved(id string, created bool) rowResult {
	r := done(id)
	r.Created = &created
	return r
}

// values turns a written row into stored texts: nulls and empty texts become "", relationships become ids.
func (s *Server) values(t *table, row map[string]any) (map[string]string, *rowError) {
	out := make(map[string]string, len(row))
	for _, f := range t.object.byRelation {
		_, byID := row[f.Name]
		if _, byKey := row[f.Relationship]; byID && byKey {
			return nil, refuse("INVALID_FIELD", "cannot specify both an external ID reference "+f.Relationship+" and a salesforce id, "+f.Name, f.Name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(row)) {
		if err := s.value(t, name, row[name], out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *Server) value(t *table, name string, v any, out map[string]string) *rowError {
	if nested, ok := v.(map[string]any); ok || t.object.relation(name) != nil {
		return s.related(t, name, nested, out)
	}
	f := t.object.field(name)
	if f == nil {
		return refuse("INVALID_FIELD", fmt.Sprintf("No such column '%s' on sobject of type %s", name, t.object.Name))
	}
	if f.ReadOnly {
		return refuse("INVALID_FIELD_FOR_INSERT_UPDATE", "Unable to create/update fields: "+f.Name+
			". Please check the security settings of this field and verify that it is read/write for your profile or permission set.", f.Name)
	}
	text, err := f.canonical(v)
	if err == nil {
		out[f.Name] = text
	}
	return err
}

// related resolves {"Account":{"External_Id__c":"1"}} to the id of the account; null takes the reference away.
func (s *Server) related(t *table, name string, nested map[string]any, out map[string]string) *rowError {
	reference := t.object.relation(name)
	if reference == nil {
		return refuse("INVALID_FIELD", fmt.Sprintf("No such column '%s' on sobject of type %s", name, t.object.Name))
	}
	other := s.table(reference.ReferenceTo)
	for key, v := range nested {
		if key == "attributes" {
			continue
		}
		f := other.object.field(key)
		if f == nil || !f.IDLookup {
			return refuse("INVALID_FIELD", fmt.Sprintf("Foreign key external ID: %s not found for field %s in entity %s", key, key, other.object.Name))
		}
		found := other.find(f, fmt.Sprint(v))
		if v == nil || len(found) != 1 {
			return refuse("INVALID_FIELD", fmt.Sprintf("Foreign key external ID: %v not found for field %s in entity %s", v, f.Name, other.object.Name))
		}
		out[reference.Name] = found[0].id
		return nil
	}
	out[reference.Name] = ""
	return nil
}

// canonical checks a value as the vendor does and gives the text that is kept, "" for none.
func (f *Field) canonical(v any) (string, *rowError) {
	var s string
	switch v := v.(type) {
	case nil:
	case string:
		s = v
	case bool:
		s = fmt.Sprint(v)
	case json.Number:
		s = v.String()
	}
	if s == "" {
		return "", nil
	}
	switch {
	case f.numeric():
		return f.number(s)
	case f.Type == "boolean":
		return f.boolean(s)
	case f.Type == "date", f.Type == "datetime":
		return f.moment(s)
	case f.Type == "base64":
		if _, err := base64.StdEncoding.DecodeString(s); err != nil {
			return "", refuse("INVALID_BASE64_FIELD", f.Label+": not base64", f.Name)
		}
	}
	return f.textual(s)
}

func (f *Field) boolean(s string) (string, *rowError) {
	if l := strings.ToLower(s); l == "true" || l == "false" {
		return l, nil
	}
	return "", refuse("INVALID_TYPE_ON_FIELD_IN_RECORD", f.Label+": value not of required type: "+s, f.Name)
}

func (f *Field) number(s string) (string, *rowError) {
	var n json.Number
	if err := json.Unmarshal([]byte(s), &n); err != nil {
		return "", refuse("INVALID_TYPE_ON_FIELD_IN_RECORD", f.Label+": value not of required type: "+s, f.Name)
	}
	whole, _, _ := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	if len(whole) > f.Precision-f.Scale {
		return "", refuse("NUMBER_OUTSIDE_VALID_RANGE", f.Label+": value outside of valid range on numeric field: "+s, f.Name)
	}
	return plainNumber(s), nil
}

func (f *Field) moment(s string) (string, *rowError) {
	layouts := []string{"2006-01-02"}
	if f.Type == "datetime" {
		layouts = []string{time.RFC3339Nano, "2006-01-02T15:04:05.999-0700"}
	}
	for _, layout := range layouts {
		if at, err := time.Parse(layout, s); err == nil {
			if f.Type == "date" {
				return s, nil
			}
			return at.UTC().Format("2006-01-02T15:04:05.000Z"), nil
		}
	}
	return "", refuse("INVALID_TYPE_ON_FIELD_IN_RECORD", f.Label+": value not of required type: "+s, f.Name)
}

func (f *Field) textual(s string) (string, *rowError) {
	if f.Length > 0 && utf8.RuneCountInString(s) > f.Length {
		return "", refuse("STRING_TOO_LONG", fmt.Sprintf("%s: data value too large: %s (max length=%d)", f.Label, s, f.Length), f.Name)
	}
	if f.Type == "email" {
		if at, err := mail.ParseAddress(s); err != nil || at.Address != s {
			return "", refuse("INVALID_EMAIL_ADDRESS", f.Label+": invalid email address: "+s, f.Name)
		}
	}
	if f.Restricted {
		for _, part := range strings.Split(s, map[bool]string{true: ";", false: "\x00"}[f.Type == "multipicklist"]) {
			if !slices.Contains(f.Picklist, part) {
				return "", refuse("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", f.Label+": bad value for restricted picklist field: "+part, f.Name)
			}
		}
	}
	return s, nil
}

// clash finds another record that holds a unique value of this row.
func (t *table) clash(values map[string]string, self *record) *rowError {
	for name, v := range values {
		f := t.object.field(name)
		if !f.Unique || v == "" {
			continue
		}
		for _, r := range t.find(f, v) {
			if r != self {
				return refuse("DUPLICATE_VALUE", fmt.Sprintf("duplicate value found: %s duplicates value on record with id: %s", f.Name, r.id))
			}
		}
	}
	return nil
}

// missing names the required fields a record would not have.
func (t *table) missing(values map[string]string, self *record) *rowError {
	var names []string
	for _, f := range t.object.Fields {
		v, written := values[f.Name]
		if f.Required && (written && v == "" || !written && self == nil) {
			names = append(names, f.Name)
		}
	}
	if names == nil {
		return nil
	}
	return refuse("REQUIRED_FIELD_MISSING", "Required fields are missing: ["+strings.Join(names, ", ")+"]", names...)
}
