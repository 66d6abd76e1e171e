package hubspotfake

import (
	"maps"
	"strconv"
	"strings"
	"time"
)

const (
	firstID       = 101
	emailProperty = "email"
	otherEmails   = "hs_additional_emails"
)

// objectNames gives the name that HubSpot's own objects go by, under every name they may be called.
var objectNames = map[string]string{"contacts": "contacts", "contact": "contacts", "0-1": "contacts",
	"companies": "companies", "company": "companies", "0-2": "companies"}

// object is one object type: its properties, its records, and which record owns each unique value.
type object struct {
	name       string
	properties map[string]Property
	records    []*stored
	byID       map[string]*stored
	owners     map[string]map[string]*stored // property -> folded value -> record
}

// stored is one record. Properties holds what was ever set; "" is a cleared value.
type stored struct {
	id       string
	values   map[string]string
	created  time.Time
	updated  time.Time
	archived bool
}

// Record is a record as it stands, for tests and proofs.
type Record struct {
	ID         string
	Properties map[string]string // values that are set; the system's own are left out
	Archived   bool
}

func newObject(name string) *object {
	return &object{name: name, properties: map[string]Property{}, byID: map[string]*stored{},
		owners: map[string]map[string]*stored{}}
}

func (o *object) qualified(portal int64) string {
	return "p" + strconv.FormatInt(portal, 10) + "_" + o.name
}

// find gives the object called name; nil where there is none. The caller holds the lock.
func (s *Server) find(name string) *object {
	if own := objectNames[name]; own != "" {
		name = own
	}
	prefix := "p" + strconv.FormatInt(s.options.Portal, 10) + "_"
	return s.objects[strings.TrimPrefix(name, prefix)]
}

// unique says whether records can be found by the property: e-mail of a contact, and those defined so.
func (o *object) unique(property string) bool {
	p, ok := o.properties[property]
	return ok && (p.Unique || o.name == "contacts" && property == emailProperty)
}

func fold(value string) string { return strings.ToLower(strings.TrimSpace(value)) }

// owner finds the record that holds a unique value, or has the address as a secondary one.
func (o *object) owner(property, value string) *stored { return o.owners[property][fold(value)] }

// lookup finds a record by id, or by a unique property where one is named.
func (o *object) lookup(idProperty, id string) *stored {
	if idProperty != "" && idProperty != "hs_object_id" {
		return o.owner(idProperty, id)
	}
	if r := o.byID[id]; r != nil && !r.archived {
		return r
	}
	return nil
}

func (s *Server) create(o *object, now time.Time) *stored {
	r := &stored{id: strconv.FormatInt(s.nextID, 10), values: map[string]string{}, created: now, updated: now}
	s.nextID++
	o.records = append(o.records, r)
	o.byID[r.id] = r
	return r
}

// set writes values and keeps the owners of unique ones right.
func (o *object) set(r *stored, values map[string]string, now time.Time) {
	for name, value := range values {
		o.disown(r, name)
		r.values[name] = value
		o.own(r, name)
	}
	r.updated = now
}

func (o *object) own(r *stored, name string) {
	for property, value := range o.claims(r, name) {
		if o.owners[property] == nil {
			o.owners[property] = map[string]*stored{}
		}
		for _, v := range value {
			o.owners[property][fold(v)] = r
		}
	}
}

func (o *object) disown(r *stored, name string) {
	for property, values := range o.claims(r, name) {
		for _, v := range values {
			delete(o.owners[property], fold(v))
		}
	}
}

// claims are the unique values that a property of a record stands for.
func (o *object) claims(r *stored, name string) map[string][]string {
	value := r.values[name]
	switch {
	case value == "":
		return nil
	case name == otherEmails:
		return map[string][]string{emailProperty: strings.Split(value, ";")}
	case o.unique(name):
		return map[string][]string{name: {value}}
	}
	return nil
}

// remove takes a record out of sight: its unique values become free.
func (o *object) remove(r *stored) {
	for name := range r.values {
		o.disown(r, name)
	}
	r.archived = true
}

// Records are an object's records in the order they were made, archived ones included.
func (s *Server) Records(objectName string) []Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.find(objectName)
	if o == nil {
		return nil
	}
	all := make([]Record, 0, len(o.records))
	for _, r := range o.records {
		values := maps.Clone(r.values)
		maps.DeleteFunc(values, func(_, value string) bool { return value == "" })
		all = append(all, Record{ID: r.id, Properties: values, Archived: r.archived})
	}
	return all
}

// Put makes a record, as somebody working in HubSpot would, and gives its id; nothing is checked.
func (s *Server) Put(objectName string, values map[string]string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.find(objectName)
	now := time.Now()
	r := s.create(o, now)
	o.set(r, values, now)
	return r.id
}

// Remove archives a record, as somebody working in HubSpot would; false where there is none.
func (s *Server) Remove(objectName, id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.find(objectName)
	if o == nil || o.lookup("", id) == nil {
		return false
	}
	o.remove(o.byID[id])
	return true
}

// Blocked says whether an e-mail address was erased for good.
func (s *Server) Blocked(email string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.blocked[fold(email)]
}

// value is a property as the API shows it, nil where it was never set.
func (o *object) value(r *stored, name string) *string {
	text, ok := r.values[name]
	switch {
	case name == "hs_object_id":
		text, ok = r.id, true
	case name == "createdate" || name == "hs_createdate":
		text, ok = stamp(r.created), true
	case name == "lastmodifieddate" || name == "hs_lastmodifieddate":
		text, ok = stamp(r.updated), true
	}
	if !ok {
		return nil
	}
	return &text
}

// show is the record with the properties asked for and those that HubSpot always adds.
func (o *object) show(r *stored, names []string) record {
	shown := record{ID: r.id, Properties: make(map[string]*string, len(names)+3), CreatedAt: stamp(r.created),
		UpdatedAt: stamp(r.updated), Archived: r.archived}
	for _, name := range names {
		if _, ok := o.properties[name]; ok {
			shown.Properties[name] = o.value(r, name)
		}
	}
	for name, p := range o.properties {
		if p.ReadOnly {
			shown.Properties[name] = o.value(r, name)
		}
	}
	return shown
}
