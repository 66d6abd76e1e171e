package hubspotfake

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// read answers a batch read: what is there, and a 207 naming the ids of what is not.
func (s *Server) read(o *object, in batchIn) *answer {
	reply := batch{Status: "COMPLETE", Results: []record{}, StartedAt: stamp(time.Now())}
	var missing []string
	shown := map[string]bool{}
	s.mu.Lock()
	for _, one := range in.Inputs {
		r := o.lookup(in.IDProperty, one.ID)
		switch {
		case r == nil:
			missing = append(missing, one.ID)
		case !shown[r.id]:
			shown[r.id] = true
			reply.Results = append(reply.Results, o.show(r, in.Properties))
		}
	}
	s.mu.Unlock()
	reply.CompletedAt = stamp(time.Now())
	if len(missing) == 0 {
		return &answer{status: http.StatusOK, body: reply}
	}
	reply.NumErrors = 1
	reply.Errors = []envelope{{Status: "error", Category: "OBJECT_NOT_FOUND", Context: map[string][]string{"ids": missing},
		Message: "Could not get some objects, they may be deleted or not exist. Check that ids are valid."}}
	return &answer{status: http.StatusMultiStatus, body: reply}
}

// archive takes records out of sight; ids that are not there change nothing.
func (s *Server) archive(o *object, in batchIn) *answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inputs += len(in.Inputs)
	for _, one := range in.Inputs {
		if r := o.lookup("", one.ID); r != nil {
			o.remove(r)
		}
	}
	return &answer{status: http.StatusNoContent}
}

// erase deletes a contact for good and blocks its address.
func (s *Server) erase(o *object, body []byte) *answer {
	var in struct{ ObjectID, IDProperty string }
	if err := json.Unmarshal(body, &in); err != nil || in.ObjectID == "" || o.name != "contacts" ||
		in.IDProperty != "" && in.IDProperty != emailProperty {
		return s.fail(http.StatusBadRequest, "VALIDATION_ERROR", "objectId must name a contact")
	}
	s.mu.Lock()
	r := o.lookup(in.IDProperty, in.ObjectID)
	if r != nil {
		s.forget(o, r)
	} else if in.IDProperty == emailProperty {
		s.blocked[fold(in.ObjectID)] = true
		r = &stored{}
	}
	s.mu.Unlock()
	if r == nil {
		return s.fail(http.StatusNotFound, "OBJECT_NOT_FOUND", "no contact has this id")
	}
	return &answer{status: http.StatusNoContent}
}

func (s *Server) forget(o *object, r *stored) {
	for _, address := range o.claims(r, emailProperty)[emailProperty] {
		s.blocked[fold(address)] = true
	}
	o.remove(r)
	clear(r.values)
}

func (s *Server) get(o *object, id string, query url.Values) *answer {
	s.mu.Lock()
	r := o.lookup(query.Get("idProperty"), id)
	var shown record
	if r != nil {
		shown = o.show(r, strings.Split(query.Get("properties"), ","))
	}
	s.mu.Unlock()
	if r == nil {
		return s.fail(http.StatusNotFound, "OBJECT_NOT_FOUND", "the record does not exist")
	}
	return &answer{status: http.StatusOK, body: shown}
}

// list pages through the records that are not archived, in the order of their ids.
func (s *Server) list(o *object, query url.Values) *answer {
	limit, _ := strconv.Atoi(query.Get("limit"))
	if limit <= 0 {
		limit = 10
	}
	if limit > batchLimit {
		return s.fail(http.StatusBadRequest, "VALIDATION_ERROR", "limit: must be at most 100")
	}
	after, _ := strconv.ParseInt(query.Get("after"), 10, 64)
	names := strings.Split(query.Get("properties"), ",")
	reply := map[string]any{}
	results := []record{}
	s.mu.Lock()
	defer s.mu.Unlock()
	start := o.position(after)
	for _, r := range o.records[start:] {
		if r.archived {
			continue
		}
		if len(results) == limit {
			last := results[limit-1].ID
			reply["paging"] = map[string]any{"next": map[string]string{"after": last, "link": "?after=" + last}}
			break
		}
		results = append(results, o.show(r, names))
	}
	reply["results"] = results
	return &answer{status: http.StatusOK, body: reply}
}

// position is where the records after an id begin.
func (o *object) position(after int64) int {
	lo, hi := 0, len(o.records)
	for lo < hi {
		mid := (lo + hi) / 2
		if id, _ := strconv.ParseInt(o.records[mid].id, 10, 64); id <= after {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}
