package salesforce

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/freshet/freshet/sync/connect"
)

// schema is an object as the vendor describes it; the zero schema knows nothing.
type schema struct {
	Name   string        `json:"name"`
	Fields []schemaField `json:"fields"`
}

type schemaField struct {
	Name         string   `json:"name"`
	Label        string   `json:"label"`
	Type         string   `json:"type"`
	Length       int      `json:"length"`
	Scale        int      `json:"scale"`
	Nillable     bool     `json:"nillable"`
	Createable   bool     `json:"createable"`
	Updateable   bool     `json:"updateable"`
	Defaulted    bool     `json:"defaultedOnCreate"`
	ExternalID   bool     `json:"externalId"`
	IDLookup     bool     `json:"idLookup"`
	Unique       bool     `json:"unique"`
	Restricted   bool     `json:"restrictedPicklist"`
	ReferenceTo  []string `json:"referenceTo"`
	Relationship string   `json:"relationshipName"`
	Picklist     []struct {
		Value  string `json:"value"`
		Active bool   `json:"active"`
	} `json:"picklistValues"`
}

func (s schema) field(name string) (schemaField, bool) {
	for _, f := range s.Fields {
		if strings.EqualFold(f.Name, name) {
			return f, true
		}
	}
	return schemaField{}, false
}

// kind is the vendor's type of a field, "" where it is not known.
func (s schema) kind(name string) string {
	f, _ := s.field(name)
	return f.Type
}

func (s schema) number(name string) bool {
	switch s.kind(name) {
	case "int", "long", "double", "currency", "percent":
		return true
	}
	return false
}

// schemaLife is how long a description is believed by what only needs it to speak well.
const schemaLife = 10 * time.Minute

// schemas keeps descriptions. It is safe for concurrent use.
type schemas struct {
	mu    sync.Mutex
	known map[string]knownSchema
}

type knownSchema struct {
	schema schema
	at     time.Time
}

func newSchemas() *schemas { return &schemas{known: map[string]knownSchema{}} }

// schema gives an object's description, the zero one where it cannot be had.
func (d *destination) schema(ctx context.Context, object string) schema {
	d.schemas.mu.Lock()
	known, ok := d.schemas.known[object]
	d.schemas.mu.Unlock()
	if ok && time.Since(known.at) < schemaLife {
		return known.schema
	}
	s, err := d.described(ctx, object)
	if err != nil {
		return schema{}
	}
	return s
}

func (d *destination) described(ctx context.Context, object string) (schema, error) {
	var s schema
	if !objectName.MatchString(object) {
		return s, noObject()
	}
	if err := d.ask(ctx, request{method: http.MethodGet, path: "sobjects/" + object + "/describe"}, &s); err != nil {
		return schema{}, err
	}
	d.schemas.mu.Lock()
	defer d.schemas.mu.Unlock()
	d.schemas.known[object] = knownSchema{s, time.Now()}
	return s, nil
}

// unique says whether Salesforce itself refuses a second record with the same match value.
func (w *work) unique(ctx context.Context) bool {
	f, ok := w.d.schema(ctx, w.object).field(w.field)
	return ok && f.Unique
}

// Describe lists an object's fields, and under a dot the external ids of the objects it refers to.
func (d *destination) Describe(ctx context.Context, object string) (connect.ObjectInfo, error) {
	s, err := d.described(ctx, object)
	if err != nil {
		return connect.ObjectInfo{}, err
	}
	info := connect.ObjectInfo{Name: s.Name}
	for _, f := range s.Fields {
		info.Fields = append(info.Fields, fieldInfo(f))
	}
	for _, f := range s.Fields {
		if f.Relationship == "" || len(f.ReferenceTo) != 1 || !f.Createable && !f.Updateable {
			continue
		}
		for _, key := range d.schema(ctx, f.ReferenceTo[0]).Fields {
			if key.ExternalID {
				related := fieldInfo(key)
				related.Name, related.Title = f.Relationship+"."+key.Name, f.Label+": "+key.Label
				related.Unique, related.Required, related.ReadOnly = false, false, false
				info.Fields = append(info.Fields, related)
			}
		}
	}
	return info, nil
}

func fieldInfo(f schemaField) connect.FieldInfo {
	info := connect.FieldInfo{Name: f.Name, Title: f.Label, Type: kinds[f.Type], Length: f.Length, Scale: -1,
		Required: !f.Nillable && !f.Defaulted && f.Createable, ReadOnly: !f.Createable && !f.Updateable,
		Unique: (f.ExternalID || f.IDLookup) && f.Name != "Id"}
	switch info.Type {
	case "decimal":
		info.Scale, info.Length = f.Scale, 0
	case "choice", "choices":
		info.Length = 0
		if !f.Restricted { // other values than the listed ones are taken
			info.Type, info.Length = "string", f.Length
			break
		}
		for _, v := range f.Picklist {
			if v.Active {
				info.Choices = append(info.Choices, v.Value)
			}
		}
	}
	return info
}

// kinds turns the vendor's types into ours; those left out have no type that can be checked before.
var kinds = map[string]string{
	"string": "string", "email": "string", "phone": "string", "url": "string", "textarea": "string", "id": "string",
	"reference": "string", "encryptedstring": "string", "combobox": "string", "time": "string", "base64": "string",
	"boolean": "boolean", "int": "integer", "long": "integer", "double": "decimal", "currency": "decimal", "percent": "decimal",
	"date": "date", "datetime": "timestamp", "picklist": "choice", "multipicklist": "choices",
}
