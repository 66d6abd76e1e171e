package webhookfake

import (
	"bytes"
	"crypto/sha256"
	"io"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Options say how strict and how thorough the receiver is.
type Options struct {
	Secret    string            // signatures are demanded and verified; "" for none
	Tolerance time.Duration     // how far a timestamp may be from now; 0 is five minutes
	Headers   map[string]string // headers every call must have with these values; else 401
	Latency   time.Duration     // each call takes at least so long
	Lean      bool              // count calls, rows and bytes, and keep nothing: for measuring the sender
	Silent    bool              // answer 204 without a body where every record was taken
}

// Receiver is the handler. It is safe for concurrent use.
type Receiver struct {
	options Options
	key     []byte
	calls   atomic.Int64
	rows    atomic.Int64
	bytes   atomic.Int64
	repeats atomic.Int64
	stale   atomic.Int64

	mu       sync.Mutex
	objects  map[string]map[string]Record
	answered map[string]answered // by webhook-id
	faults   []Fault
	poison   map[string]bool
	closed   bool // no credentials are taken any more
}

// Record is what the receiver keeps of one key.
type Record struct {
	Version  string
	Archived bool
	Fields   map[string]string // nested names joined by dots -> text; nulls are not kept
}

type answered struct {
	body   [sha256.Size]byte
	status int
	reply  []byte
}

// New makes a receiver. It fails where the secret begins with whsec_ and is not base64 after it.
func New(options Options) (*Receiver, error) {
	key, err := keyOf(options.Secret)
	if err != nil {
		return nil, err
	}
	if options.Tolerance == 0 {
		options.Tolerance = 5 * time.Minute
	}
	return &Receiver{options: options, key: key, objects: map[string]map[string]Record{},
		answered: map[string]answered{}, poison: map[string]bool{}}, nil
}

// mostBytes is the longest body the receiver takes: 413 beyond it.
const mostBytes = 64 << 20

// ServeHTTP takes one call.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.calls.Add(1)
	if r.options.Lean {
		r.lean(w, req)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, mostBytes))
	if err != nil {
		http.Error(w, "too large", http.StatusRequestEntityTooLarge)
		return
	}
	r.bytes.Add(int64(len(body)))
	r.wait(req)
	if status, words := r.admit(req, body, time.Now()); status != 0 {
		http.Error(w, words, status)
		return
	}
	r.answer(w, req, body)
}

// lean counts and forgets. Records are counted by how each begins: inside a text its quotes would be escaped.
func (r *Receiver) lean(w http.ResponseWriter, req *http.Request) {
	buffer, _ := leanBuffers.Get().(*bytes.Buffer)
	defer leanBuffers.Put(buffer)
	buffer.Reset()
	n, err := buffer.ReadFrom(req.Body)
	if err != nil {
		http.Error(w, "unreadable", http.StatusBadRequest)
		return
	}
	r.bytes.Add(n)
	r.rows.Add(int64(bytes.Count(buffer.Bytes(), []byte(`{"op":"`))))
	r.wait(req)
	w.WriteHeader(http.StatusNoContent)
}

var leanBuffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func (r *Receiver) wait(req *http.Request) {
	if r.options.Latency > 0 {
		pause(req, r.options.Latency)
	}
}

// pause waits, but not longer than the sender does.
func pause(req *http.Request, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-req.Context().Done():
	}
}

// admit turns calls away that do not follow the protocol; status 0 lets them in.
func (r *Receiver) admit(req *http.Request, body []byte, now time.Time) (status int, words string) {
	if req.Method != http.MethodPost {
		return http.StatusMethodNotAllowed, "POST only"
	}
	if r.refusesAll() {
		return http.StatusUnauthorized, "credentials are not taken any more"
	}
	for name, value := range r.options.Headers {
		if req.Header.Get(name) != value {
			return http.StatusUnauthorized, "the header " + name + " is missing or wrong"
		}
	}
	id := req.Header.Get("Webhook-Id")
	if id == "" || id != req.Header.Get("Idempotency-Key") {
		return http.StatusBadRequest, "webhook-id and Idempotency-Key must be there and the same"
	}
	if r.key == nil {
		return 0, ""
	}
	if err := Verify(r.key, req.Header, body, now, r.options.Tolerance); err != nil {
		return http.StatusUnauthorized, err.Error()
	}
	return 0, ""
}

func (r *Receiver) refusesAll() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.closed
}

// answer applies the call, unless it is a repeat, and replies; a planned fault changes one or both.
func (r *Receiver) answer(w http.ResponseWriter, req *http.Request, body []byte) {
	id := req.Header.Get("Webhook-Id")
	r.mu.Lock()
	fault, planned := r.nextFault()
	if planned && !fault.Kind.applies() {
		r.mu.Unlock()
		fault.spoil(w, req, body)
		return
	}
	done := r.handle(id, body, fault)
	r.mu.Unlock()
	if planned {
		done = fault.distort(w, req, done)
	}
	if done.status == 0 {
		return // the fault has answered
	}
	if len(done.reply) > 0 {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(done.reply)))
	}
	w.WriteHeader(done.status)
	_, _ = w.Write(done.reply)
}

// handle does the work once for each id: a repeat with the same body gets the same answer, one with another 422.
func (r *Receiver) handle(id string, body []byte, fault Fault) answered {
	sum := sha256.Sum256(body)
	if before, ok := r.answered[id]; ok {
		r.repeats.Add(1)
		if before.body != sum {
			return failure(http.StatusUnprocessableEntity, "this Idempotency-Key was used with another body")
		}
		return before
	}
	done := r.apply(body, fault)
	done.body = sum
	if done.status < http.StatusBadRequest {
		r.answered[id] = done
	}
	return done
}
