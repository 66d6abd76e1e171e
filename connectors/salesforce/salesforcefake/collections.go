package salesforcefake

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

const maxRecords = 200

// collection is the body of a collections call. Records keep their order; "attributes" names the object.
type collection struct {
	AllOrNone bool             `json:"allOrNone"`
	Records   []map[string]any `json:"records"`
}

// collections serves /composite/sobjects[/{object}/{field}].
func (s *Server) collections(w http.ResponseWriter, r *http.Request, path []string) {
	switch {
	case len(path) == 2 && r.Method == http.MethodPatch:
		s.collectionUpsert(w, r, path[0], path[1])
	case len(path) == 1 && r.Method == http.MethodPost:
		s.collectionRetrieve(w, r, path[0])
	case len(path) == 0 && r.Method == http.MethodPost, len(path) == 0 && r.Method == http.MethodPatch:
		s.collectionSave(w, r)
	case len(path) == 0 && r.Method == http.MethodDelete:
		s.collectionDelete(w, r)
	default:
		fail(w, http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED", "HTTP Method '"+r.Method+"' not allowed. Allowed are DELETE,PATCH,POST")
	}
}

func (s *Server) collectionUpsert(w http.ResponseWriter, r *http.Request, object, field string) {
	t := s.table(object)
	if t == nil {
		fail(w, http.StatusNotFound, "NOT_FOUND", "The requested resource does not exist")
		return
	}
	f := t.object.field(field)
	if f == nil || !f.IDLookup {
		fail(w, http.StatusNotFound, "NOT_FOUND", "Provided external ID field does not exist or is not accessible: "+field)
		return
	}
	body, ok := s.envelope(w, r)
	if !ok {
		return
	}
	seen := map[string]bool{}
	s.answer(w, body, func(i int, row map[string]any) rowResult {
		if typeOf(row) != t.object.Name {
			return failure("", refuse("INVALID_TYPE", "sObject type of the record must be "+t.object.Name))
		}
		if id, has := row["id"]; has {
			return failure("", refuse("INVALID_FIELD", fmt.Sprintf("The Id field should not be specified in the sobject data: %v", id), "Id"))
		}
		return s.upsert(t, f, fieldsOf(row), seen)
	})
}

// collectionSave creates (POST) or changes by id (PATCH) records, each of its own object.
func (s *Server) collectionSave(w http.ResponseWriter, r *http.Request) {
	body, ok := s.envelope(w, r)
	if !ok {
		return
	}
	s.answer(w, body, func(i int, row map[string]any) rowResult {
		t := s.table(typeOf(row))
		if t == nil {
			return failure("", refuse("INVALID_TYPE", "sObject type '"+typeOf(row)+"' is not supported."))
		}
		id, _ := row["id"].(string)
		if id == "" {
			id, _ = row["Id"].(string)
		}
		fields := fieldsOf(row)
		if r.Method == http.MethodPatch {
			return s.update(t, id, fields)
		}
		if id != "" {
			return failure("", refuse("INVALID_FIELD_FOR_INSERT_UPDATE", "cannot specify Id in an insert call", "Id"))
		}
		result := s.save(t, nil, fields)
		result.Created = nil
		return result
	})
}

func (s *Server) collectionDelete(w http.ResponseWriter, r *http.Request) {
	ids := strings.Split(r.URL.Query().Get("ids"), ",")
	if len(ids) > maxRecords {
		tooMany(w, len(ids))
		return
	}
	body := &collection{Records: make([]map[string]any, len(ids))}
	s.answer(w, body, func(i int, _ map[string]any) rowResult {
		if longID(ids[i]) == "" {
			return failure(ids[i], refuse("MALFORMED_ID", "malformed id "+ids[i]))
		}
		return s.remove(s.tableOf(ids[i]), ids[i])
	})
}

// answer runs every row in order and sends the results in the same order; all-or-none undoes nothing here, so it is
// refused rather than wrongly promised.
func (s *Server) answer(w http.ResponseWriter, body *collection, each func(i int, row map[string]any) rowResult) {
	if body.AllOrNone {
		fail(w, http.StatusNotImplemented, "NOT_IMPLEMENTED", "this receiver does not do allOrNone")
		return
	}
	results := make([]rowResult, 0, len(body.Records))
	for i, row := range body.Records {
		if e := s.rejects(i); e != nil {
			results = append(results, failure("", e))
			continue
		}
		results = append(results, each(i, row))
	}
	s.counters.Rows += len(results)
	reply(w, http.StatusOK, s.trimmed(results))
}

// envelope reads a collections body as strictly as the vendor: a wrong shape refuses the whole call.
func (s *Server) envelope(w http.ResponseWriter, r *http.Request) (*collection, bool) {
	body := &collection{}
	decoder := json.NewDecoder(r.Body)
	decoder.UseNumber()
	if err := decoder.Decode(body); err != nil {
		fail(w, http.StatusBadRequest, "JSON_PARSER_ERROR", "Unexpected character at [line:1, column:1]")
		return nil, false
	}
	if len(body.Records) > maxRecords {
		tooMany(w, len(body.Records))
		return nil, false
	}
	for _, row := range body.Records {
		if typeOf(row) == "" {
			fail(w, http.StatusBadRequest, "INVALID_INPUT", "Include an entity type in the attributes of each record.")
			return nil, false
		}
		if message := s.mistyped(row); message != "" {
			fail(w, http.StatusBadRequest, "JSON_PARSER_ERROR", message)
			return nil, false
		}
	}
	return body, true
}

// mistyped finds a bare number or truth in a text field: the vendor's parser refuses the whole call for it.
func (s *Server) mistyped(row map[string]any) string {
	t := s.table(typeOf(row))
	if t == nil {
		return ""
	}
	for name, v := range row {
		f := t.object.field(name)
		if f == nil || !f.text() {
			continue
		}
		switch v := v.(type) {
		case json.Number:
			return fmt.Sprintf("Cannot deserialize instance of %s from VALUE_NUMBER_INT value %s or request may be missing a required field at [line:1, column:1]", f.Type, v)
		case bool:
			return fmt.Sprintf("Cannot deserialize instance of %s from VALUE_BOOLEAN value %v or request may be missing a required field at [line:1, column:1]", f.Type, v)
		}
	}
	return ""
}

func tooMany(w http.ResponseWriter, n int) {
	fail(w, http.StatusBadRequest, "INVALID_INPUT", fmt.Sprintf("The number of records in the request (%d) exceeds the limit of %d", n, maxRecords))
}

func typeOf(row map[string]any) string {
	attributes, _ := row["attributes"].(map[string]any)
	name, _ := attributes["type"].(string)
	return name
}

func fieldsOf(row map[string]any) map[string]any {
	out := make(map[string]any, len(row))
	for name, v := range row {
		if name != "attributes" && !strings.EqualFold(name, "id") {
			out[name] = v
		}
	}
	return out
}

// collectionRetrieve answers up to 2,000 records by id, null for the ones that are not there.
func (s *Server) collectionRetrieve(w http.ResponseWriter, r *http.Request, object string) {
	var ask struct{ IDs, Fields []string }
	t := s.table(object)
	if t == nil {
		fail(w, http.StatusNotFound, "NOT_FOUND", "The requested resource does not exist")
		return
	}
	if err := json.NewDecoder(r.Body).Decode(&ask); err != nil || len(ask.IDs) > 2000 || len(ask.IDs) == 0 {
		fail(w, http.StatusBadRequest, "INVALID_INPUT", "ids and fields are wanted")
		return
	}
	out := make([]any, len(ask.IDs))
	for i, id := range ask.IDs {
		rec := t.byID[longID(id)]
		if rec == nil || rec.deleted {
			continue
		}
		row, bad := s.project(t, rec, ask.Fields)
		if bad != "" {
			fail(w, http.StatusBadRequest, "INVALID_FIELD", "No such column '"+bad+"' on sobject of type "+t.object.Name)
			return
		}
		out[i] = row
	}
	reply(w, http.StatusOK, out)
}
