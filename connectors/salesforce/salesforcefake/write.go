package salesforcefake

import (
	"fmt"
	"time"
)

// save checks and stores one row over self, or as a new record where self is nil.
func (s *Server) save(t *table, self *record, row map[string]any) rowResult {
	id := ""
	if self != nil {
		id = self.id
	}
	values, err := s.values(t, row)
	for _, check := range []func(map[string]string, *record) *rowError{t.missing, t.clash, s.locked(t)} {
		if err == nil {
			err = check(values, self)
		}
	}
	if err != nil {
		return failure(id, err)
	}
	s.counters.Writes++
	if self == nil {
		for name, v := range values {
			if v == "" {
				delete(values, name)
			}
		}
		return saved(t.insert(values, s.now()).id, true)
	}
	t.change(self, values, s.now())
	return saved(id, false)
}

func (s *Server) locked(t *table) func(map[string]string, *record) *rowError {
	return func(values map[string]string, self *record) *rowError {
		for _, f := range t.object.Fields {
			v := values[f.Name]
			if self != nil && v == "" {
				v = self.values[f.Name]
			}
			key := lockKey(t.object.Name, v)
			if f.ExternalID && v != "" && s.locks[key] > 0 {
				s.locks[key]--
				return refuse("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record or 1 records: "+newID(t.object.Prefix, 1))
			}
		}
		return nil
	}
}

func lockKey(object, value string) string { return object + "\x00" + value }

// upsert makes or changes the record whose external id the row names. seen holds the external ids of this call.
func (s *Server) upsert(t *table, f *Field, row map[string]any, seen map[string]bool) rowResult {
	v := row[f.Name]
	if v == nil || fmt.Sprint(v) == "" {
		return failure("", refuse("MISSING_ARGUMENT", f.Name+" not specified", f.Name))
	}
	text := fmt.Sprint(v)
	if seen[f.fold(text)] {
		return failure("", refuse("DUPLICATE_VALUE", "Duplicate external id specified: "+text, f.Name))
	}
	seen[f.fold(text)] = true
	found := t.find(f, text)
	if f.Name == "Id" {
		delete(row, f.Name)
		if len(found) == 0 {
			return failure("", s.gone(t, text))
		}
	}
	switch len(found) {
	case 0:
		return s.save(t, nil, row)
	case 1:
		return s.save(t, found[0], row)
	default:
		return failure("", refuse("DUPLICATE_EXTERNAL_ID", fmt.Sprintf("%s: more than one record found for external id field: [%s, %s]",
			f.Name, found[0].id, found[1].id), f.Name))
	}
}

// update changes the record with this id.
func (s *Server) update(t *table, id string, row map[string]any) rowResult {
	r := t.byID[longID(id)]
	if r == nil || r.deleted {
		return failure(id, s.gone(t, id))
	}
	result := s.save(t, r, row)
	result.Created = nil
	return result
}

// remove puts the record with this id into the recycle bin.
func (s *Server) remove(t *table, id string) rowResult {
	if t == nil {
		return failure(id, refuse("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id"))
	}
	r := t.byID[longID(id)]
	if r == nil || r.deleted {
		return failure(id, s.gone(t, id))
	}
	if err := s.locked(t)(nil, r); err != nil {
		return failure(id, err)
	}
	s.counters.Writes++
	t.bin(r, true, s.now())
	return done(r.id)
}

func (s *Server) gone(t *table, id string) *rowError {
	switch r := t.byID[longID(id)]; {
	case longID(id) == "":
		return refuse("MALFORMED_ID", "Record ID: id value of incorrect type: "+id, "Id")
	case r != nil && r.deleted:
		return refuse("ENTITY_IS_DELETED", "entity is deleted")
	default:
		return refuse("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
	}
}

func (s *Server) now() time.Time { return time.Now().UTC() }
