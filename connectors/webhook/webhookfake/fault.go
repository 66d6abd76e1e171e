package webhookfake

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Kind says what goes wrong.
type Kind string

// The faults. Each hits the next call, once, unless it says otherwise.
const (
	DropBeforeApply    Kind = "drop-before-apply"
	DropAfterApply     Kind = "drop-after-apply"
	Throttle           Kind = "throttle" // 429 with the wait After in the Shape
	ServerError        Kind = "server-error"
	ServerErrorApplied Kind = "server-error-applied"
	Unauthorized       Kind = "unauthorized" // from now on
	Forbidden          Kind = "forbidden"
	HTML               Kind = "html" // 200 with a page that quotes the call
	Garbage            Kind = "garbage"
	Truncated          Kind = "truncated"
	SlowReply          Kind = "slow-reply"
	PartialReject      Kind = "partial-reject"
	OmitOutcome        Kind = "omit-outcome"
	ReorderOutcomes    Kind = "reorder-outcomes"    // the last row is refused, and named first
	WholeBatchRefused  Kind = "whole-batch-refused" // the records at Rows are poison from now on
	HugeReply          Kind = "huge-reply"
	Status             Kind = "status" // answer Code and nothing else
)

// Shapes are the ways a wait is named.
func Shapes() []string { return []string{"seconds", "decimal", "date", "rfc850", "asctime", "reset"} }

// Fault is one thing going wrong.
type Fault struct {
	Kind  Kind
	Rows  []int
	After time.Duration // zero with Throttle: no wait is named
	Shape string        // one of Shapes
	Code  int
}

// Inject plans a fault.
func (r *Receiver) Inject(f Fault) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if f.Kind == Unauthorized {
		r.closed = true
		return
	}
	r.faults = append(r.faults, f)
}

// Heal forgets the faults that are still planned.
func (r *Receiver) Heal() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults = nil
}

func (r *Receiver) nextFault() (Fault, bool) {
	if len(r.faults) == 0 {
		return Fault{}, false
	}
	f := r.faults[0]
	r.faults = r.faults[1:]
	return f, true
}

func (r *Receiver) poisonRows(c call, rows []int) {
	for _, i := range rows {
		if i < len(c.Records) {
			r.poison[c.Records[i].Key] = true
		}
	}
}

// applies says whether the work is done in spite of the fault.
func (k Kind) applies() bool {
	return slices.Contains([]Kind{DropAfterApply, ServerErrorApplied, Truncated, SlowReply, PartialReject, OmitOutcome,
		ReorderOutcomes, WholeBatchRefused}, k)
}

func (f Fault) rejects(i, n int) bool {
	return f.Kind == PartialReject && slices.Contains(f.Rows, i) || f.Kind == ReorderOutcomes && i == n-1
}

// spoil answers a call of which nothing was done.
func (f Fault) spoil(w http.ResponseWriter, req *http.Request, body []byte) {
	switch f.Kind {
	case DropBeforeApply:
		panic(http.ErrAbortHandler) // closes the connection
	case Throttle:
		f.nameWait(w.Header(), time.Now())
		http.Error(w, "slow down", http.StatusTooManyRequests)
	case Forbidden:
		http.Error(w, "not allowed", http.StatusForbidden)
	case HTML:
		w.Header().Set("Content-Type", "text/html")
		_, _ = fmt.Fprintf(w, "<html><body>Please sign in<pre>%s %v</pre></body></html>", body, req.Header)
	case Garbage:
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte("\x00\xff%%% not a reply"))
	case HugeReply:
		huge(w)
	case Status:
		f.nameWait(w.Header(), time.Now())
		w.WriteHeader(f.Code)
	default:
		http.Error(w, "it broke: "+string(body), http.StatusInternalServerError)
	}
}

// nameWait writes the wait in the way asked for. Dates are rounded up: they carry whole seconds.
func (f Fault) nameWait(h http.Header, now time.Time) {
	if f.After <= 0 {
		return
	}
	until := now.Add(f.After + time.Second - time.Nanosecond).UTC()
	switch f.Shape {
	case "decimal":
		h.Set("Retry-After", strconv.FormatFloat(f.After.Seconds(), 'f', 2, 64))
	case "date":
		h.Set("Retry-After", until.Format(http.TimeFormat))
	case "rfc850":
		h.Set("Retry-After", until.Format("Monday, 02-Jan-06 15:04:05 GMT"))
	case "asctime":
		h.Set("Retry-After", until.Format(time.ANSIC))
	case "reset":
		h.Set("X-RateLimit-Reset", strconv.FormatInt(until.Unix(), 10))
	default:
		h.Set("Retry-After", strconv.Itoa(int(f.After.Seconds())))
	}
}

// huge writes until the sender has had enough.
func huge(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	_, err := w.Write([]byte(`{"results":[`))
	block := []byte(strings.Repeat(`{"key":"x","status":"ok"},`, 4096))
	for err == nil {
		_, err = w.Write(block)
	}
}

// distort changes the answer to a call that was done; status 0 means that it has answered itself.
func (f Fault) distort(w http.ResponseWriter, req *http.Request, done answered) answered {
	switch f.Kind {
	case DropAfterApply:
		panic(http.ErrAbortHandler)
	case ServerErrorApplied:
		http.Error(w, "it broke after the work", http.StatusBadGateway)
		return answered{}
	case SlowReply:
		pause(req, f.After)
	case Truncated:
		done.status, done.reply = http.StatusOK, truncated(done.reply)
	case OmitOutcome:
		done.reply = edit(done.reply, f.omit)
	case ReorderOutcomes:
		done.reply = edit(done.reply, reversed)
	}
	return done
}

func truncated(reply []byte) []byte {
	if len(reply) == 0 {
		reply = []byte(`{"results":[]}`)
	}
	return reply[:len(reply)*2/3]
}

func edit(reply []byte, change func([]result) []result) []byte {
	var body struct {
		Results []result `json:"results"`
	}
	if json.Unmarshal(reply, &body) != nil {
		return reply
	}
	text, _ := json.Marshal(map[string]any{"results": change(body.Results)})
	return text
}

func (f Fault) omit(results []result) []result {
	kept := make([]result, 0, len(results))
	for i, r := range results {
		if !slices.Contains(f.Rows, i) {
			kept = append(kept, r)
		}
	}
	return kept
}

func reversed(results []result) []result {
	slices.Reverse(results)
	return results
}
