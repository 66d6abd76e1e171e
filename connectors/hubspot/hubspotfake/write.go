package hubspotfake

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

const batchLimit = 100

// input is one record of a batch write.
type input struct {
	ID                 string            `json:"id"`
	IDProperty         string            `json:"idProperty"`
	ObjectWriteTraceID string            `json:"objectWriteTraceId"`
	Properties         map[string]string `json:"properties"`
}

// batchIn is the body of every batch call.
type batchIn struct {
	Inputs     []input  `json:"inputs"`
	IDProperty string   `json:"idProperty"`
	Properties []string `json:"properties"`
}

// object answers the calls under one object.
func (s *Server) object(r *http.Request, p place, body []byte, f *Fault) *answer {
	s.mu.Lock()
	o := s.find(p.object)
	s.mu.Unlock()
	if o == nil {
		return s.noSuchObject(p.object)
	}
	switch p.action {
	case "":
		return s.list(o, r.URL.Query())
	case "gdpr-delete":
		return s.erase(o, body)
	case "batch/upsert", "batch/update", "batch/create", "batch/read", "batch/archive":
		return s.batch(o, p.action, body, f)
	}
	if strings.Contains(p.action, "/") {
		return s.fail(http.StatusNotFound, "", "resource not found")
	}
	return s.get(o, p.action, r.URL.Query())
}

func (s *Server) batch(o *object, action string, body []byte, f *Fault) *answer {
	var in batchIn
	if err := json.Unmarshal(body, &in); err != nil {
		return s.fail(http.StatusBadRequest, "VALIDATION_ERROR", "Invalid input JSON: the body is not of the expected form")
	}
	if refused := s.checkBatch(o, action, in); refused != nil {
		return refused
	}
	if s.poison(action, in, f) {
		return s.fail(http.StatusBadRequest, "VALIDATION_ERROR", "Invalid input")
	}
	if f.Silent {
		return &answer{status: http.StatusOK, body: batch{Status: "COMPLETE", Results: []record{}, NumErrors: 1,
			Errors:    []envelope{{Status: "error", Category: "VALIDATION_ERROR", Message: "the batch failed"}},
			StartedAt: stamp(time.Now()), CompletedAt: stamp(time.Now())}}
	}
	switch action {
	case "batch/read":
		return s.read(o, in)
	case "batch/archive":
		return s.archive(o, in)
	}
	return s.write(o, action, in, f)
}

// poison marks the records a fault names, and says whether the batch holds one that is marked.
func (s *Server) poison(action string, in batchIn, f *Fault) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, i := range f.Poison {
		if i < len(in.Inputs) {
			s.poisoned[fold(in.Inputs[i].ID)] = true
		}
	}
	return action != "batch/read" && action != "batch/create" &&
		slices.ContainsFunc(in.Inputs, func(one input) bool { return s.poisoned[fold(one.ID)] })
}

// checkBatch refuses what HubSpot refuses about a batch as a whole, without naming an input.
func (s *Server) checkBatch(o *object, action string, in batchIn) *answer {
	message := ""
	switch {
	case len(in.Inputs) == 0:
		message = "inputs: must not be empty"
	case len(in.Inputs) > batchLimit:
		message = "inputs: the batch is larger than 100"
	default:
		s.mu.Lock()
		message = o.misfit(action, in)
		s.mu.Unlock()
	}
	if message == "" {
		return nil
	}
	return s.fail(http.StatusBadRequest, "VALIDATION_ERROR", message)
}

// misfit says what is wrong with the ids of a batch. The caller holds the lock.
func (o *object) misfit(action string, in batchIn) string {
	property := in.IDProperty
	keyed := action == "batch/upsert" || action == "batch/update"
	if keyed {
		property = in.Inputs[0].IDProperty
	}
	if property != "" && !o.unique(property) || action == "batch/upsert" && property == "" {
		return "Unable to perform update/upsert by non-unique property"
	}
	if action == "batch/create" {
		return ""
	}
	seen := make(map[string]bool, len(in.Inputs))
	for _, one := range in.Inputs {
		key := fold(one.ID)
		if r := o.lookup(property, one.ID); r != nil {
			key = "record " + r.id
		}
		if key == "" || keyed && one.IDProperty != property || action != "batch/read" && seen[key] {
			return "inputs: ids must be given, unique and of one idProperty"
		}
		seen[key] = true
	}
	return ""
}

// write applies a batch of upserts, updates or creations: with trace ids the good rows go through and the others are
// named in a 207; without them the first bad row refuses the batch.
func (s *Server) write(o *object, action string, in batchIn, f *Fault) *answer {
	reply := batch{Status: "COMPLETE", Results: make([]record, 0, len(in.Inputs)), StartedAt: stamp(time.Now())}
	if refused := s.allOrNothing(o, action, in, f); refused != nil {
		return refused
	}
	rows := make(map[string]int, len(in.Inputs))
	s.mu.Lock()
	s.inputs += len(in.Inputs)
	for i, one := range in.Inputs {
		shown, refused := s.apply(o, action, one, f.rejects(i, len(in.Inputs)), false)
		if refused != nil {
			reply.Errors = append(reply.Errors, refused.row(one.ObjectWriteTraceID))
			continue
		}
		rows[shown.ID] = i
		reply.Results = append(reply.Results, shown)
	}
	s.mu.Unlock()
	reply.NumErrors, reply.CompletedAt = len(reply.Errors), stamp(time.Now())
	f.shape(&reply, func(r record) bool { return slices.Contains(f.Omit, rows[r.ID]) })
	status := http.StatusOK
	if action == "batch/create" {
		status = http.StatusCreated
	}
	if reply.NumErrors > 0 {
		status = http.StatusMultiStatus
	}
	return &answer{status: status, body: reply}
}

// allOrNothing refuses a batch without trace ids for its first bad row; a record that is not there is no such row.
func (s *Server) allOrNothing(o *object, action string, in batchIn, f *Fault) *answer {
	if slices.ContainsFunc(in.Inputs, func(one input) bool { return one.ObjectWriteTraceID != "" }) {
		return nil
	}
	for i, one := range in.Inputs {
		s.mu.Lock()
		_, refused := s.apply(o, action, one, f.rejects(i, len(in.Inputs)), true)
		s.mu.Unlock()
		if refused != nil && refused.category != "OBJECT_NOT_FOUND" {
			return s.fail(refused.status, refused.category, refused.message, refused.detail())
		}
	}
	return nil
}

// apply writes one input, or with dry only says whether it would be taken. The caller holds the lock.
func (s *Server) apply(o *object, action string, one input, reject, dry bool) (record, *refusal) {
	if reject {
		return record{}, s.invalid("", "INVALID_VALUE", "the value is refused")
	}
	if len(one.Properties) == 0 {
		return record{}, s.invalid("", "NO_PROPERTIES", "no properties were given")
	}
	values, refused := s.check(o, one.Properties)
	if refused != nil {
		return record{}, refused
	}
	var r *stored
	if action != "batch/create" {
		r = o.lookup(one.IDProperty, one.ID)
	}
	if r == nil && action == "batch/update" {
		return record{}, &refusal{status: 404, category: "OBJECT_NOT_FOUND", ids: []string{one.ID},
			message: "Could not get some objects, they may be deleted or not exist. Check that ids are valid."}
	}
	if r == nil && action == "batch/upsert" && values[one.IDProperty] == "" {
		identity, refused := s.check(o, map[string]string{one.IDProperty: one.ID})
		if refused != nil {
			return record{}, refused
		}
		maps.Copy(values, identity)
	}
	if action == "batch/upsert" && one.IDProperty == emailProperty {
		keepSecondary(r, values, one.ID)
	}
	if refused := o.taken(r, values); refused != nil {
		return record{}, refused
	}
	if dry {
		return record{}, nil
	}
	return s.store(o, action, r, one, values), nil
}

// keepSecondary leaves the primary address alone where a contact was found by one of its other addresses.
func keepSecondary(r *stored, values map[string]string, id string) {
	if r != nil && fold(values[emailProperty]) == fold(id) && fold(r.values[emailProperty]) != fold(id) {
		delete(values, emailProperty)
	}
}

func (s *Server) store(o *object, action string, r *stored, one input, values map[string]string) record {
	now := time.Now()
	fresh := r == nil
	if fresh {
		r = s.create(o, now)
	}
	o.set(r, values, now)
	shown := o.show(r, append(slices.Collect(maps.Keys(values)), emailOf(o)...))
	shown.ObjectWriteTraceID = one.ObjectWriteTraceID
	if action == "batch/upsert" {
		shown.New = &fresh
	}
	return shown
}

func emailOf(o *object) []string {
	if o.name == "contacts" {
		return []string{emailProperty}
	}
	return nil
}
