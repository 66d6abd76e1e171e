package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"net/http"
	"sync"

	"github.com/freshet/freshet/server/auth"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/ledger"
)

// once sees to it that a request which names itself is carried out once, however often it comes. The answers are in the ledger.
type once struct {
	mu  sync.Mutex
	now map[string]bool // requests under way, by actor and key
}

// longestKey is how long a key may be; the operations say the same.
const longestKey = 200

// serve answers a request, or with what was answered to it before.
func (o *once) serve(a *API, who auth.Principal, w http.ResponseWriter, r *http.Request) {
	body, err := whole(r)
	if err != nil {
		writeProblem(w, tooLarge())
		return
	}
	key := r.Header.Get("Idempotency-Key")
	if r.Method != http.MethodPost || key == "" || len(key) > longestKey || r.URL.Path == tokensPath {
		a.mux.ServeHTTP(w, r)
		return
	}
	if !o.begin(who.Key() + "\x00" + key) {
		WriteProblem(w, fault.New(fault.Busy, "api.under_way", "the request with this Idempotency-Key is being carried out").
			Do("ask again in a moment, with the same key"))
		return
	}
	defer o.end(who.Key() + "\x00" + key)
	hash := sha256.New()
	hash.Write([]byte(r.URL.RequestURI() + "\n"))
	hash.Write(body)
	had, first, err := a.Service.Claim(r.Context(), who.Key(), key, hash.Sum(nil))
	switch {
	case err != nil:
		WriteProblem(w, err)
	case !first && had.Status > 0:
		replay(w, had)
	default:
		o.keep(a, who, key, w, r)
	}
}

// whole reads a request's body, so that what comes after waits for nobody.
func whole(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	return body, err
}

// keep carries the request out and keeps its answer, unless it is one that a second attempt may better.
func (o *once) keep(a *API, who auth.Principal, key string, w http.ResponseWriter, r *http.Request) {
	kept := &recorder{ResponseWriter: w, status: http.StatusOK}
	a.mux.ServeHTTP(kept, r)
	ctx := context.WithoutCancel(r.Context())
	if kept.status >= http.StatusInternalServerError {
		_ = a.Service.Unclaim(ctx, who.Key(), key)
		return
	}
	_ = a.Service.Answered(ctx, who.Key(), key, ledger.Answer{Status: kept.status, Body: kept.body.Bytes()})
}

func replay(w http.ResponseWriter, had ledger.Answer) {
	w.Header().Set("Content-Type", "application/json")
	if had.Status >= http.StatusBadRequest {
		w.Header().Set("Content-Type", "application/problem+json")
	}
	w.Header().Set("Idempotency-Replayed", "true")
	w.WriteHeader(had.Status)
	_, _ = w.Write(had.Body)
}

func (o *once) begin(name string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.now == nil {
		o.now = map[string]bool{}
	}
	if o.now[name] {
		return false
	}
	o.now[name] = true
	return true
}

func (o *once) end(name string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.now, name)
}

// recorder keeps an answer while it is given.
type recorder struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	r.body.Write(b)
	return r.ResponseWriter.Write(b)
}

// Unwrap gives what is written to, for those who set deadlines.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
