package hubspotfake

import (
	"cmp"
	"net/http"
	"slices"
)

// Property is the definition of one property of an object.
type Property struct {
	Name      string
	Label     string
	Type      string   // string, number, bool, date, datetime, enumeration, phone_number
	FieldType string   // text, textarea, number, booleancheckbox, date, select, checkbox, phonenumber
	Options   []string // of an enumeration
	Unique    bool     // hasUniqueValue
	ReadOnly  bool     // modificationMetadata.readOnlyValue
}

// propertyReply is a definition as the API shows it.
type propertyReply struct {
	Name           string        `json:"name"`
	Label          string        `json:"label"`
	Type           string        `json:"type"`
	FieldType      string        `json:"fieldType"`
	Description    string        `json:"description"`
	GroupName      string        `json:"groupName"`
	Options        []optionReply `json:"options"`
	HasUniqueValue bool          `json:"hasUniqueValue"`
	Hidden         bool          `json:"hidden"`
	Calculated     bool          `json:"calculated"`
	FormField      bool          `json:"formField"`
	Modification   modification  `json:"modificationMetadata"`
}

type optionReply struct {
	Label        string `json:"label"`
	Value        string `json:"value"`
	DisplayOrder int    `json:"displayOrder"`
	Hidden       bool   `json:"hidden"`
}

type modification struct {
	Archivable         bool `json:"archivable"`
	ReadOnlyDefinition bool `json:"readOnlyDefinition"`
	ReadOnlyValue      bool `json:"readOnlyValue"`
}

// Define adds a property to an object, or replaces it. An object that is not there yet is made as a custom one.
func (s *Server) Define(objectName string, properties ...Property) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.find(objectName)
	if o == nil {
		o = newObject(objectName)
		s.objects[objectName] = o
		o.define(systemProperties("hs_createdate", "hs_lastmodifieddate")...)
	}
	o.define(properties...)
}

// Undefine removes a property, as an administrator would.
func (s *Server) Undefine(objectName, property string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o := s.find(objectName); o != nil {
		delete(o.properties, property)
	}
}

func (o *object) define(properties ...Property) {
	for _, p := range properties {
		if p.FieldType == "" {
			p.FieldType = map[string]string{"string": "text", "bool": "booleancheckbox", "datetime": "date",
				"enumeration": "select"}[p.Type]
		}
		p.FieldType = cmp.Or(p.FieldType, p.Type)
		p.Label = cmp.Or(p.Label, p.Name)
		o.properties[p.Name] = p
	}
}

func systemProperties(created, modified string) []Property {
	return []Property{{Name: "hs_object_id", Label: "Record ID", Type: "number", ReadOnly: true},
		{Name: created, Type: "datetime", ReadOnly: true}, {Name: modified, Type: "datetime", ReadOnly: true}}
}

func texts(names ...string) []Property {
	var all []Property
	for _, name := range names {
		all = append(all, Property{Name: name, Type: "string"})
	}
	return all
}

// standardObjects are contacts and companies as a new account has them, with some custom properties that a shop adds.
func (s *Server) standardObjects() {
	contacts := newObject("contacts")
	contacts.define(systemProperties("createdate", "lastmodifieddate")...)
	contacts.define(texts("firstname", "lastname", "company", "website", "address", "city", "state", "zip", "country",
		"jobtitle", "plan", "hs_additional_emails")...)
	contacts.define(
		Property{Name: emailProperty, Label: "Email", Type: "string"},
		Property{Name: "phone", Label: "Phone Number", Type: "string", FieldType: "phonenumber"},
		Property{Name: "lifecyclestage", Label: "Lifecycle Stage", Type: "enumeration", FieldType: "radio", Options: []string{
			"subscriber", "lead", "marketingqualifiedlead", "salesqualifiedlead", "opportunity", "customer", "evangelist", "other"}},
		Property{Name: "customer_id", Label: "Customer ID", Type: "string", Unique: true},
		Property{Name: "ltv", Label: "Lifetime value", Type: "number"},
		Property{Name: "orders", Label: "Orders", Type: "number"},
		Property{Name: "newsletter", Label: "Newsletter", Type: "bool"},
		Property{Name: "birthday", Label: "Birthday", Type: "date"},
		Property{Name: "last_order_at", Label: "Last order", Type: "datetime"},
		Property{Name: "interests", Label: "Interests", Type: "enumeration", FieldType: "checkbox",
			Options: []string{"coffee", "tea", "books", "music"}})
	companies := newObject("companies")
	companies.define(systemProperties("createdate", "hs_lastmodifieddate")...)
	companies.define(texts("name", "domain", "industry", "phone", "city", "country", "description")...)
	companies.define(Property{Name: "company_id", Label: "Company ID", Type: "string", Unique: true},
		Property{Name: "annualrevenue", Label: "Annual Revenue", Type: "number"})
	s.objects["contacts"], s.objects["companies"] = contacts, companies
}

func (s *Server) properties(p place) *answer {
	s.mu.Lock()
	o := s.find(p.object)
	var all []propertyReply
	if o != nil {
		for _, property := range o.properties {
			if p.action == "" || p.action == property.Name {
				all = append(all, property.reply())
			}
		}
	}
	s.mu.Unlock()
	switch {
	case o == nil:
		return s.noSuchObject(p.object)
	case p.action != "" && len(all) == 0:
		return s.fail(http.StatusNotFound, "OBJECT_NOT_FOUND", "the property does not exist")
	case p.action != "":
		return &answer{status: http.StatusOK, body: all[0]}
	}
	slices.SortFunc(all, func(a, b propertyReply) int { return cmp.Compare(a.Name, b.Name) })
	return &answer{status: http.StatusOK, body: map[string]any{"results": all}}
}

func (p Property) reply() propertyReply {
	r := propertyReply{Name: p.Name, Label: p.Label, Type: p.Type, FieldType: p.FieldType, GroupName: "information",
		Options: []optionReply{}, HasUniqueValue: p.Unique, FormField: !p.ReadOnly,
		Modification: modification{Archivable: true, ReadOnlyValue: p.ReadOnly}}
	for i, option := range p.Options {
		r.Options = append(r.Options, optionReply{Label: option, Value: option, DisplayOrder: i})
	}
	return r
}

// schemas lists the custom objects.
func (s *Server) schemas() *answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	results := []map[string]any{}
	for name, o := range s.objects {
		if objectNames[name] == "" {
			results = append(results, map[string]any{"name": name, "fullyQualifiedName": o.qualified(s.options.Portal)})
		}
	}
	return &answer{status: http.StatusOK, body: map[string]any{"results": results}}
}

func (s *Server) noSuchObject(name string) *answer {
	return s.fail(http.StatusBadRequest, "VALIDATION_ERROR", "Unable to infer object type from: "+name)
}
