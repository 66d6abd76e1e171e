package salesforcefake

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// cursor is a query's result that is being paged through.
type cursor struct {
	table   *table
	fields  []string
	records []*record
}

// query serves /query?q=, /queryAll?q= and /query/{cursor}-{offset}.
func (s *Server) query(w http.ResponseWriter, r *http.Request, version string, path []string) {
	s.counters.Queries++
	if len(path) == 2 {
		name, offset, _ := strings.Cut(path[1], "-")
		at, err := strconv.Atoi(offset)
		c := s.cursors[name]
		if c == nil || err != nil {
			fail(w, http.StatusBadRequest, "INVALID_QUERY_LOCATOR", "invalid query locator")
			return
		}
		s.page(w, version, name, c, at)
		return
	}
	st, err := parse(r.URL.Query().Get("q"))
	if err != nil {
		fail(w, http.StatusBadRequest, "MALFORMED_QUERY", "unexpected token in: "+r.URL.Query().Get("q"))
		return
	}
	s.run(w, version, st, path[0] == "queryAll")
}

func (s *Server) run(w http.ResponseWriter, version string, st *statement, all bool) {
	if strings.EqualFold(st.object, "Organization") {
		reply(w, http.StatusOK, map[string]any{"totalSize": 1, "done": true, "records": []any{map[string]any{"Id": s.Org, "Name": "Fake Org"}}})
		return
	}
	t := s.table(st.object)
	if t == nil {
		fail(w, http.StatusBadRequest, "INVALID_TYPE", "sObject type '"+st.object+"' is not supported.")
		return
	}
	records, bad := s.matching(t, st, all)
	if bad != nil {
		fail(w, http.StatusBadRequest, bad.Code, bad.Message)
		return
	}
	if st.order != "" && !strings.EqualFold(st.order, "Id") {
		slices.SortStableFunc(records, func(a, b *record) int { return strings.Compare(a.values[st.order], b.values[st.order]) })
	}
	if st.limit >= 0 && st.limit < len(records) {
		records = records[:st.limit]
	}
	if st.fields[0] == "count()" {
		reply(w, http.StatusOK, map[string]any{"totalSize": len(records), "done": true, "records": []any{}})
		return
	}
	name := newID("01g", len(s.cursors)+1)
	c := &cursor{table: t, fields: st.fields, records: records}
	if len(records) > s.opts.PageSize {
		s.cursors[name] = c
	}
	s.page(w, version, name, c, 0)
}

func (s *Server) page(w http.ResponseWriter, version, name string, c *cursor, from int) {
	to := min(from+s.opts.PageSize, len(c.records))
	out := map[string]any{"totalSize": len(c.records), "done": to == len(c.records)}
	if to < len(c.records) {
		out["nextRecordsUrl"] = fmt.Sprintf("/services/data/%s/query/%s-%d", version, name, to)
	}
	rows := make([]any, 0, max(0, to-from))
	for _, rec := range c.records[min(from, to):to] {
		row, bad := s.project(c.table, rec, c.fields)
		if bad != "" {
			fail(w, http.StatusBadRequest, "INVALID_FIELD", "No such column '"+bad+"' on entity '"+c.table.object.Name+"'.")
			return
		}
		rows = append(rows, row)
	}
	out["records"] = rows
	reply(w, http.StatusOK, out)
}

// matching gives the records a statement asks for, through an index where a condition allows it.
func (s *Server) matching(t *table, st *statement, all bool) ([]*record, *rowError) {
	for _, name := range st.fields {
		if name != "count()" && !s.selectable(t, name) {
			return nil, refuse("INVALID_FIELD", "No such column '"+name+"' on entity '"+t.object.Name+"'.")
		}
	}
	candidates := t.records
	for i, c := range st.where {
		f := t.object.field(c.field)
		if f == nil {
			return nil, refuse("INVALID_FIELD", "No such column '"+c.field+"' on entity '"+t.object.Name+"'.")
		}
		for _, v := range c.values {
			if e := f.comparable(v); e != nil {
				return nil, e
			}
		}
		if i == 0 && !all {
			candidates = t.narrow(f, c)
		}
		candidates = t.filter(candidates, f, c)
	}
	return slices.DeleteFunc(slices.Clone(candidates), func(r *record) bool { return r.deleted && !all }), nil
}

// comparable refuses a literal of the wrong kind, as the vendor does.
func (f *Field) comparable(v literal) *rowError {
	if v.text == "null" && !v.quoted {
		return nil
	}
	if f.text() == v.quoted || f.Type == "date" || f.Type == "datetime" {
		return nil
	}
	return refuse("INVALID_FIELD", fmt.Sprintf("value of filter criterion for field '%s' must be of type %s and should%s be enclosed in quotes",
		f.Name, f.Type, map[bool]string{true: " not"}[v.quoted]))
}

// narrow gives the records a first condition can hold for: by index where there is one, else all.
func (t *table) narrow(f *Field, c condition) []*record {
	if c.not || f.Name != "Id" && t.index[f.Name] == nil {
		return t.records
	}
	var out []*record
	for _, v := range c.values {
		if v.text == "null" && !v.quoted {
			return t.records
		}
		out = append(out, t.find(f, v.text)...)
	}
	slices.SortFunc(out, func(a, b *record) int { return strings.Compare(a.id, b.id) })
	return slices.Compact(out)
}

func (t *table) filter(records []*record, f *Field, c condition) []*record {
	wanted := map[string]bool{}
	for _, v := range c.values {
		switch {
		case v.text == "null" && !v.quoted:
			wanted[""] = true
		case f.Name == "Id":
			wanted[longID(v.text)] = true
		default:
			wanted[f.fold(v.text)] = true
		}
	}
	var out []*record
	for _, r := range records {
		if wanted[t.text(r, f)] != c.not {
			out = append(out, r)
		}
	}
	return out
}

// text is a record's value of a field in the form it is compared in.
func (t *table) text(r *record, f *Field) string {
	switch f.Name {
	case "Id":
		return r.id
	case "IsDeleted":
		return strconv.FormatBool(r.deleted)
	}
	return f.fold(r.values[f.Name])
}

func (s *Server) selectable(t *table, name string) bool {
	relation, field, nested := strings.Cut(name, ".")
	if !nested {
		return t.object.field(name) != nil
	}
	f := t.object.relation(relation)
	return f != nil && s.table(f.ReferenceTo).object.field(field) != nil
}

// project makes the JSON of a record with these fields; bad names a field that does not exist.
func (s *Server) project(t *table, r *record, names []string) (row map[string]any, bad string) {
	row = map[string]any{"attributes": map[string]string{"type": t.object.Name,
		"url": "/services/data/v67.0/sobjects/" + t.object.Name + "/" + r.id}}
	for _, name := range names {
		if !s.selectable(t, name) {
			return nil, name
		}
		relation, field, nested := strings.Cut(name, ".")
		if !nested {
			f := t.object.field(name)
			row[f.Name] = r.json(f)
			continue
		}
		f := t.object.relation(relation)
		other := s.table(f.ReferenceTo)
		parent := other.byID[r.values[f.Name]]
		if parent == nil {
			row[f.Relationship] = nil
			continue
		}
		inner, _ := row[f.Relationship].(map[string]any)
		if inner == nil {
			inner = map[string]any{"attributes": map[string]string{"type": other.object.Name}}
		}
		inner[other.object.field(field).Name] = parent.json(other.object.field(field))
		row[f.Relationship] = inner
	}
	return row, ""
}

const stamp = "2006-01-02T15:04:05.000-0700"

// json gives a field's value as the vendor writes it.
func (r *record) json(f *Field) any {
	switch f.Name {
	case "Id":
		return r.id
	case "IsDeleted":
		return r.deleted
	case "CreatedDate":
		return r.created.Format(stamp)
	case "SystemModstamp":
		return r.modified.Format(stamp)
	}
	v, ok := r.values[f.Name]
	switch {
	case f.Type == "boolean":
		return v == "true"
	case !ok:
		return nil
	case f.numeric():
		return json.Number(v)
	case f.Type == "datetime":
		return strings.TrimSuffix(v, "Z") + "+0000"
	}
	return v
}
