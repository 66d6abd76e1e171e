package salesforcefake

import (
	"net/http"
	"slices"
	"strings"
)

// sobjects serves /sobjects, /sobjects/{object}/describe and, for single records, what other clients use.
func (s *Server) sobjects(w http.ResponseWriter, r *http.Request, path []string) {
	if len(path) == 0 {
		s.global(w)
		return
	}
	t := s.table(path[0])
	if t == nil {
		fail(w, http.StatusNotFound, "NOT_FOUND", "The requested resource does not exist")
		return
	}
	switch {
	case len(path) == 2 && path[1] == "describe":
		reply(w, http.StatusOK, describe(t.object))
	case len(path) == 2 && r.Method == http.MethodGet:
		s.single(w, t, path[1])
	default:
		fail(w, http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED", "HTTP Method '"+r.Method+"' not allowed")
	}
}

func (s *Server) global(w http.ResponseWriter) {
	names := make([]map[string]any, 0, len(s.tables))
	for _, t := range s.tables {
		names = append(names, map[string]any{"name": t.object.Name, "label": t.object.Label, "keyPrefix": t.object.Prefix})
	}
	slices.SortFunc(names, func(a, b map[string]any) int { return strings.Compare(a["name"].(string), b["name"].(string)) })
	reply(w, http.StatusOK, map[string]any{"encoding": "UTF-8", "maxBatchSize": maxRecords, "sobjects": names})
}

func (s *Server) single(w http.ResponseWriter, t *table, id string) {
	rec := t.byID[longID(id)]
	switch {
	case rec == nil:
		fail(w, http.StatusNotFound, "NOT_FOUND", "Provided external ID field does not exist or is not accessible: "+id)
	case rec.deleted:
		fail(w, http.StatusNotFound, "ENTITY_IS_DELETED", "entity is deleted")
	default:
		names := make([]string, len(t.object.Fields))
		for i, f := range t.object.Fields {
			names[i] = f.Name
		}
		row, _ := s.project(t, rec, names)
		reply(w, http.StatusOK, row)
	}
}

func describe(o *Object) map[string]any {
	fields := make([]map[string]any, len(o.Fields))
	for i, f := range o.Fields {
		fields[i] = describeField(f)
	}
	return map[string]any{"name": o.Name, "label": o.Label, "keyPrefix": o.Prefix, "createable": true, "updateable": true,
		"deletable": true, "queryable": true, "custom": strings.HasSuffix(o.Name, "__c"), "fields": fields,
		"childRelationships": []any{}, "recordTypeInfos": []any{}}
}

func describeField(f Field) map[string]any {
	values := make([]map[string]any, len(f.Picklist))
	for i, v := range f.Picklist {
		values[i] = map[string]any{"active": true, "defaultValue": false, "label": v, "validFor": nil, "value": v}
	}
	var to []string
	relationship := any(nil)
	if f.ReferenceTo != "" {
		to, relationship = []string{f.ReferenceTo}, f.Relationship
	}
	return map[string]any{"name": f.Name, "label": f.Label, "type": f.Type, "length": f.Length, "precision": f.Precision,
		"scale": f.Scale, "nillable": !f.Required && f.Type != "boolean" && !f.ReadOnly, "createable": !f.ReadOnly,
		"updateable": !f.ReadOnly, "defaultedOnCreate": f.Type == "boolean" || f.ReadOnly, "externalId": f.ExternalID,
		"idLookup": f.IDLookup, "unique": f.Unique, "caseSensitive": f.CaseSensitive, "custom": strings.HasSuffix(f.Name, "__c"),
		"restrictedPicklist": f.Restricted, "picklistValues": values, "referenceTo": append([]string{}, to...),
		"relationshipName": relationship, "calculated": false, "autoNumber": false}
}
