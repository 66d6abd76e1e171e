// Package salesforcefake is a Salesforce org on the loopback interface: accounts, sObject Collections, queries,
// describe and Bulk API 2.0, with the vendor's replies, limits and refusals, and with faults that tests can ask for.
//
// It must not know Freshet: it is the other side, and is checked with the vendor's own client.
package salesforcefake

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Options shape the org. Zero values give a usable one.
type Options struct {
	Address      string        // to listen at; "" is any free port of 127.0.0.1
	Objects      []Object      // besides Standard
	DailyLimit   int           // API calls a day; 100,000
	Latency      time.Duration // of every call
	JobStep      time.Duration // how long a bulk job stays in each state; 10 ms
	PageSize     int           // rows of a query's page; 2,000
	AccessToken  string        // a session that exists from the start; "fake-session"
	ClientID     string        // of the connected app; "fake-client"
	ClientSecret string        // "fake-client-secret"
	RefreshToken string        // "fake-refresh"
	Username     string        // "integration@example.com"
	Record       bool          // keep every API call for Requests
	PublicKey    any           // *rsa.PublicKey that JWT assertions are checked against; nil refuses them
}

// Counters are what the org has seen so far.
type Counters struct {
	Calls   int // API calls, as the vendor counts them: tokens do not count
	Rows    int // rows answered by collections and jobs
	Writes  int // rows that changed a record
	Tokens  int // tokens given out
	Queries int
	Jobs    int
	Uploads int // bulk data taken
	Changes int // calls that asked for a change of records, also those that a fault kept from being done
}

// Server is the org. All methods are safe for concurrent use.
type Server struct {
	URL  string // http://127.0.0.1:port
	Org  string // 18-character organization id
	opts Options

	mu       sync.Mutex // guards everything below
	tables   map[string]*table
	prefixes map[string]*table
	sessions map[string]bool
	locks    map[string]int
	cursors  map[string]*cursor
	jobs     map[string]*job
	jobOrder []string
	faults   []*Fault
	active   *Fault
	hold     bool
	used     int
	counters Counters
	requests []Request

	http    *http.Server
	stop    context.CancelFunc
	ctx     context.Context
	running sync.WaitGroup
}

// Start listens and serves until Close.
func Start(opts Options) (*Server, error) {
	s := build(opts)
	listener, err := net.Listen("tcp", s.opts.Address)
	if err != nil {
		return nil, err
	}
	s.URL = "http://" + listener.Addr().String()
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 64 << 10}
	s.running.Go(func() { _ = s.http.Serve(listener) })
	return s, nil
}

func build(opts Options) *Server {
	s := &Server{Org: newID("00D", 1), opts: withDefaults(opts), tables: map[string]*table{}, prefixes: map[string]*table{},
		sessions: map[string]bool{}, locks: map[string]int{}, cursors: map[string]*cursor{}, jobs: map[string]*job{}}
	for _, o := range append(Standard(), opts.Objects...) {
		o.index()
		t := newTable(&o)
		s.tables[strings.ToLower(o.Name)], s.prefixes[o.Prefix] = t, t
	}
	s.sessions[s.opts.AccessToken] = true
	s.ctx, s.stop = context.WithCancel(context.Background())
	return s
}

func withDefaults(o Options) Options {
	text := func(p *string, v string) {
		if *p == "" {
			*p = v
		}
	}
	text(&o.Address, "127.0.0.1:0")
	text(&o.AccessToken, "fake-session")
	text(&o.ClientID, "fake-client")
	text(&o.ClientSecret, "fake-client-secret")
	text(&o.RefreshToken, "fake-refresh")
	text(&o.Username, "integration@example.com")
	if o.DailyLimit == 0 {
		o.DailyLimit = 100_000
	}
	if o.JobStep == 0 {
		o.JobStep = 10 * time.Millisecond
	}
	if o.PageSize == 0 {
		o.PageSize = 2000
	}
	return o
}

// Close stops listening, drops every connection and waits for jobs.
func (s *Server) Close() {
	s.stop()
	_ = s.http.Close()
	s.running.Wait()
}

// Counters copies what the org has seen.
func (s *Server) Counters() Counters {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counters
}

// SetUsage says how many of the day's API calls are used already.
func (s *Server) SetUsage(used int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.used = used
}

// Lock makes the next writes of the record with this external id value fail with UNABLE_TO_LOCK_ROW.
func (s *Server) Lock(object, value string, times int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.locks[lockKey(object, value)] = times
}

func (s *Server) table(object string) *table { return s.tables[strings.ToLower(object)] }

func (s *Server) tableOf(id string) *table {
	if len(id) < 3 {
		return nil
	}
	return s.prefixes[id[:3]]
}

// ServeHTTP routes one call.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.opts.Latency > 0 {
		time.Sleep(s.opts.Latency)
	}
	path := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	switch {
	case len(path) == 3 && path[1] == "oauth2" && path[2] == "token":
		s.token(w, r)
	case len(path) == 3 && path[1] == "oauth2" && path[2] == "userinfo":
		s.userinfo(w, r)
	case len(path) == 2 && path[1] == "data":
		reply(w, http.StatusOK, []map[string]string{{"label": "Summer '26", "url": "/services/data/v67.0", "version": "67.0"}})
	case len(path) >= 4 && path[0] == "services" && path[1] == "data" && strings.HasPrefix(path[2], "v"):
		s.api(w, r, path[2], path[3:])
	default:
		fail(w, http.StatusNotFound, "NOT_FOUND", "The requested resource does not exist")
	}
}

// api serves /services/data/vN.N/…: it checks the session, counts the call, and lets faults have their way.
func (s *Server) api(w http.ResponseWriter, r *http.Request, version string, path []string) {
	if len(r.RequestURI) > 16_384 {
		fail(w, http.StatusRequestURITooLong, "URI_TOO_LONG", "The length of the URI exceeds the maximum")
		return
	}
	body, ok := drain(r)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.record(r, body)
	if f := s.due(r, body); f != nil {
		s.misbehave(w, r, f, func(w http.ResponseWriter) { s.counted(w, r, version, path) })
		return
	}
	s.counted(w, r, version, path)
}

func (s *Server) counted(w http.ResponseWriter, r *http.Request, version string, path []string) {
	if !s.authorized(r) {
		fail(w, http.StatusUnauthorized, "INVALID_SESSION_ID", "Session expired or invalid")
		return
	}
	if s.used >= s.opts.DailyLimit {
		s.usage(w)
		fail(w, http.StatusForbidden, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
		return
	}
	s.used++
	s.counters.Calls++
	s.usage(w)
	s.route(w, r, version, path)
}

func (s *Server) route(w http.ResponseWriter, r *http.Request, version string, path []string) {
	switch {
	case path[0] == "composite" && len(path) >= 2 && path[1] == "sobjects":
		s.collections(w, r, path[2:])
	case path[0] == "sobjects":
		s.sobjects(w, r, path[1:])
	case path[0] == "query" || path[0] == "queryAll":
		s.query(w, r, version, path)
	case path[0] == "limits":
		left := max(0, s.opts.DailyLimit-s.used)
		reply(w, http.StatusOK, map[string]any{"DailyApiRequests": map[string]int{"Max": s.opts.DailyLimit, "Remaining": left}})
	case path[0] == "jobs" && len(path) >= 2 && path[1] == "ingest":
		s.ingest(w, r, version, path[2:])
	default:
		fail(w, http.StatusNotFound, "NOT_FOUND", "The requested resource does not exist")
	}
}

func (s *Server) usage(w http.ResponseWriter) {
	w.Header().Set("Sforce-Limit-Info", "api-usage="+strconv.Itoa(s.used)+"/"+strconv.Itoa(s.opts.DailyLimit))
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(v)
}

// fail answers a whole call with an error: here the code is called errorCode.
func fail(w http.ResponseWriter, status int, code, message string) {
	reply(w, status, []map[string]string{{"message": message, "errorCode": code}})
}

func (s *Server) String() string { return fmt.Sprintf("salesforce at %s", s.URL) }
