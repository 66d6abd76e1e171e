package hubspotfake

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// Fault is something that goes wrong with the next calls. The zero values of its parts change nothing.
type Fault struct {
	Times int    // calls it strikes: 0 is one, below zero is all from now on
	On    string // strikes only places whose name contains this: "batch/upsert", "oauth"; Writes: every call that asks for a change; "": every call but oauth's

	Drop    bool          // the connection breaks and no answer comes
	Applied bool          // with Drop or Status: the call has been applied before
	Status  int           // this answer instead of the account's own
	Header  http.Header   //
	Body    string        //
	Delay   time.Duration // before the answer
	Cut     bool          // the answer ends in the middle, cleanly
	Endless bool          // 200 and a body without end; nothing is applied

	Expire  bool  // every access token expires before the call
	Revoke  bool  // no credentials are taken from now on
	Reject  []int // rows, by their place in the batch, refused as invalid; -1 is the last
	Omit    []int // rows applied that the answer does not mention
	Poison  []int // rows whose records are poison from now on: a write with one of them is refused whole, naming nobody
	Reverse bool  // results in the opposite order
	Silent  bool  // 200 with no results and an error that names no row; nothing is applied
	NoTrace bool  // the answer carries no trace ids
}

// Writes, as Fault.On, means every call that asks for a change.
const Writes = "writes"

var writes = []string{"objects batch/upsert", "objects batch/update", "objects batch/create", "objects batch/archive",
	"objects gdpr-delete"}

// Inject adds a fault; faults strike in the order they were added, one a call.
func (s *Server) Inject(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.Times == 0 {
		f.Times = 1
	}
	s.faults = append(s.faults, &f)
}

// Heal forgets every fault.
func (s *Server) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// strike finds the fault for a call and counts it down. The caller holds the lock.
func (s *Server) strike(p place) *Fault {
	for i, f := range s.faults {
		if !f.meets(p) {
			continue
		}
		if f.Times > 0 {
			f.Times--
			if f.Times == 0 {
				s.faults = slices.Delete(s.faults, i, i+1)
			}
		}
		struck := *f
		return &struck
	}
	return &Fault{}
}

func (f *Fault) meets(p place) bool {
	switch f.On {
	case "":
		return p.area != "oauth"
	case Writes:
		return slices.Contains(writes, p.name())
	}
	return strings.Contains(p.name(), f.On)
}

// stops answers in the account's place where nothing is to be applied.
func (f *Fault) stops(w http.ResponseWriter) bool {
	if f.Applied {
		return false
	}
	return f.breaks(w)
}

// finish writes the answer of a call that was applied, or what the fault makes of it.
func (f *Fault) finish(w http.ResponseWriter, a *answer) {
	if f.breaks(w) {
		return
	}
	a.write(w, f.Cut)
}

func (f *Fault) breaks(w http.ResponseWriter) bool {
	if f.Drop {
		panic(http.ErrAbortHandler)
	}
	if f.Endless {
		flood(w)
		return true
	}
	if f.Status == 0 {
		return false
	}
	for name, values := range f.Header {
		w.Header()[name] = values
	}
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "application/json;charset=utf-8")
	}
	w.WriteHeader(f.Status)
	_, _ = w.Write([]byte(f.Body))
	return true
}

// flood writes until the caller hangs up.
func flood(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json;charset=utf-8")
	page := []byte(strings.Repeat(" ", 64<<10))
	for {
		if _, err := w.Write(page); err != nil {
			return
		}
	}
}

func (f *Fault) rejects(i, rows int) bool {
	return slices.Contains(f.Reject, i) || i == rows-1 && slices.Contains(f.Reject, -1)
}

// shape changes a batch's answer as the fault asks.
func (f *Fault) shape(b *batch, omitted func(record) bool) {
	if len(f.Omit) > 0 {
		b.Results = slices.DeleteFunc(b.Results, omitted)
	}
	if f.Reverse {
		slices.Reverse(b.Results)
	}
	if f.NoTrace {
		for i := range b.Results {
			b.Results[i].ObjectWriteTraceID = ""
		}
		for i := range b.Errors {
			delete(b.Errors[i].Context, "objectWriteTraceId")
		}
	}
}
