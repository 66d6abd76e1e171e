package webhookfake

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
)

// call is the body of a POST.
type call struct {
	Sync    string  `json:"sync"`
	Batch   string  `json:"batch"`
	Object  string  `json:"object"`
	Records []entry `json:"records"`
}

type entry struct {
	Op      string         `json:"op"`
	Leave   string         `json:"leave"`
	Key     string         `json:"key"`
	Version string         `json:"version"`
	Fields  map[string]any `json:"fields"`
	Match   map[string]any `json:"match"` // told, and not used: records are kept by key
	Prior   map[string]any `json:"prior_match"`
}

type result struct {
	Key     string `json:"key"`
	Status  string `json:"status"`
	Message string `json:"message,omitempty"`
}

func failure(status int, words string) answered {
	text, _ := json.Marshal(map[string]string{"error": words})
	return answered{status: status, reply: text}
}

// apply does what the call asks; the caller has the lock. The object is the one named, or else the sync.
func (r *Receiver) apply(body []byte, fault Fault) answered {
	var c call
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&c); err != nil {
		return failure(http.StatusBadRequest, "the body is not a call: "+err.Error())
	}
	if c.Sync == "" || c.Batch == "" {
		return failure(http.StatusBadRequest, "sync and batch must be there")
	}
	if fault.Kind == WholeBatchRefused {
		r.poisonRows(c, fault.Rows)
	}
	if slices.ContainsFunc(c.Records, func(e entry) bool { return r.poison[e.Key] }) {
		return failure(http.StatusBadRequest, "something in this call is wrong")
	}
	results := make([]result, len(c.Records))
	for i, e := range c.Records {
		results[i] = r.applyUnless(fault.rejects(i, len(c.Records)), c.name(), e)
	}
	return r.done(results)
}

func (c call) name() string {
	if c.Object != "" {
		return c.Object
	}
	return c.Sync
}

func (r *Receiver) done(results []result) answered {
	refused := func(x result) bool { return x.Status != "ok" }
	if r.options.Silent && !slices.ContainsFunc(results, refused) {
		return answered{status: http.StatusNoContent}
	}
	reply, _ := json.Marshal(map[string]any{"results": results})
	return answered{status: http.StatusOK, reply: reply}
}

func (r *Receiver) applyUnless(rejected bool, object string, e entry) result {
	if rejected {
		words, _ := json.Marshal(e.Fields)
		return result{Key: e.Key, Status: "error", Message: "refused for what it holds: " + string(words)}
	}
	r.rows.Add(1)
	return r.applyEntry(object, e)
}

func (r *Receiver) applyEntry(object string, e entry) result {
	records := r.objects[object]
	if records == nil {
		records = map[string]Record{}
		r.objects[object] = records
	}
	held, there := records[e.Key]
	there = there && !held.Archived
	switch {
	case there && older(e.Version, held.Version):
		r.stale.Add(1) // a newer state is held: done, in effect
	case e.Op == "insert" && there:
		return result{Key: e.Key, Status: "exists"}
	case (e.Op == "update" || e.Op == "leave") && !there:
		return result{Key: e.Key, Status: "missing"}
	case e.Op == "leave":
		leave(records, e, held)
	case e.Op == "upsert", e.Op == "insert", e.Op == "update":
		records[e.Key] = merged(held, there, e)
	default:
		return result{Key: e.Key, Status: "error", Message: "unknown op " + e.Op}
	}
	return result{Key: e.Key, Status: "ok"}
}

func leave(records map[string]Record, e entry, held Record) {
	switch e.Leave {
	case "clear":
		records[e.Key] = merged(held, true, e)
	case "archive":
		held.Archived = true
		records[e.Key] = held
	default:
		delete(records, e.Key)
	}
}

// older says whether a version is before another, where both are numbers.
func older(a, b string) bool {
	x, errX := strconv.ParseUint(a, 10, 64)
	y, errY := strconv.ParseUint(b, 10, 64)
	return errX == nil && errY == nil && x < y
}

func merged(held Record, there bool, e entry) Record {
	fields := make(map[string]string, len(held.Fields)+len(e.Fields))
	if there {
		for name, text := range held.Fields {
			fields[name] = text
		}
	}
	spread(fields, "", e.Fields)
	return Record{Version: e.Version, Fields: fields}
}

// spread writes nested members under dotted names; a null takes a field away.
func spread(fields map[string]string, parent string, members map[string]any) {
	for name, value := range members {
		name = parent + name
		switch v := value.(type) {
		case nil:
			delete(fields, name)
		case string:
			fields[name] = v
		case map[string]any:
			spread(fields, name+".", v)
		default:
			text, _ := json.Marshal(v)
			fields[name] = string(text)
		}
	}
}
