package salesforcefake

import (
	"fmt"
	"slices"
	"time"
)

// record is one stored record; a field without a value is not in values.
type record struct {
	id       string
	values   map[string]string // by the field's own name
	deleted  bool              // in the recycle bin
	created  time.Time
	modified time.Time
}

// table is all records of one object, with an index for every field that records are found by.
type table struct {
	object  *Object
	records []*record
	byID    map[string]*record
	index   map[string]map[string][]*record // field -> folded value -> records not deleted
}

func newTable(o *Object) *table {
	t := &table{object: o, byID: map[string]*record{}, index: map[string]map[string][]*record{}}
	for _, f := range o.Fields {
		if f.IDLookup && f.Name != "Id" || f.Unique {
			t.index[f.Name] = map[string][]*record{}
		}
	}
	return t
}

func (t *table) find(f *Field, value string) []*record {
	if f.Name == "Id" {
		if r := t.byID[longID(value)]; r != nil && !r.deleted {
			return []*record{r}
		}
		return nil
	}
	return t.index[f.Name][f.fold(value)]
}

func (t *table) insert(values map[string]string, now time.Time) *record {
	r := &record{id: newID(t.object.Prefix, len(t.records)+1), values: values, created: now, modified: now}
	t.records = append(t.records, r)
	t.byID[r.id] = r
	t.reindex(r, true)
	return r
}

// change writes values into a record; an empty text takes the field away.
func (t *table) change(r *record, values map[string]string, now time.Time) {
	t.reindex(r, false)
	for name, v := range values {
		if v == "" {
			delete(r.values, name)
		} else {
			r.values[name] = v
		}
	}
	r.modified = now
	t.reindex(r, true)
}

func (t *table) bin(r *record, deleted bool, now time.Time) {
	t.reindex(r, false)
	r.deleted, r.modified = deleted, now
	t.reindex(r, !deleted)
}

func (t *table) reindex(r *record, add bool) {
	for name, values := range t.index {
		v, ok := r.values[name]
		if !ok {
			continue
		}
		key := t.object.field(name).fold(v)
		values[key] = slices.DeleteFunc(values[key], func(x *record) bool { return x == r })
		if add {
			values[key] = append(values[key], r)
		} else if len(values[key]) == 0 {
			delete(values, key)
		}
	}
}

// Record is a copy of one stored record.
type Record struct {
	ID     string
	Fields map[string]string // fields with a value, by name, as canonical text; references hold ids
}

// Records copies every record of an object that is not deleted, in the order of their making.
func (s *Server) Records(object string) []Record { return s.copyOf(object, false) }

// Bin copies the records of an object that are in the recycle bin.
func (s *Server) Bin(object string) []Record { return s.copyOf(object, true) }

func (s *Server) copyOf(object string, deleted bool) []Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.table(object)
	if t == nil {
		return nil
	}
	out := make([]Record, 0, len(t.records))
	for _, r := range t.records {
		if r.deleted != deleted {
			continue
		}
		fields := make(map[string]string, len(r.values))
		for k, v := range r.values {
			fields[k] = v
		}
		out = append(out, Record{ID: r.id, Fields: fields})
	}
	return out
}

// Undelete takes a record out of the recycle bin.
func (s *Server) Undelete(object, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.table(object); t != nil && t.byID[longID(id)] != nil {
		t.bin(t.byID[longID(id)], false, s.now())
		return nil
	}
	return fmt.Errorf("no %s has this id", object)
}

// Put makes a record as another program of the org would, and gives its id.
func (s *Server) Put(object string, fields map[string]string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	values := make(map[string]string, len(fields))
	for k, v := range fields {
		values[k] = v
	}
	return s.table(object).insert(values, s.now()).id
}
