package hubspotfake

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// Options shape the account. Zero values take the defaults.
type Options struct {
	Address      string        // where Start listens; a free port of loopback
	Token        string        // the private app's token; "pat-fake"
	ClientID     string        // the OAuth app, "" for none
	ClientSecret string        //
	RefreshToken string        //
	TokenLife    time.Duration // of an OAuth access token; 30 minutes
	Portal       int64         // the account's id; 4242
	Scopes       []string      // granted to every token; nil: all of them
	Calls        int           // calls allowed in Per; 0: no limit
	Per          time.Duration // 10 s
	Daily        int           // calls allowed in all; 0: no limit
	Latency      time.Duration // added to every call
	Record       bool          // keep every request with its body, for Requests
	Versions     []string      // API versions served; v3, 2026-03 and 2026-09
}

// Server is one HubSpot account. It is safe for concurrent use.
type Server struct {
	options Options

	mu       sync.Mutex
	objects  map[string]*object
	nextID   int64
	blocked  map[string]bool // e-mail addresses erased for good
	poisoned map[string]bool // ids, as they are sent, that spoil a batch
	revoked  bool
	access   map[string]time.Time
	faults   []*Fault
	window   []time.Time
	daily    int
	counts   map[string]int
	calls    int
	inputs   int
	issued   int
	requests []Request

	http     *http.Server
	listener net.Listener
	closing  chan struct{}
	once     sync.Once
}

// New makes an account with HubSpot's own contact and company properties and a few custom ones. It is an http.Handler.
func New(options Options) *Server {
	s := &Server{
		options: withDefaults(options), nextID: firstID, blocked: map[string]bool{}, poisoned: map[string]bool{}, access: map[string]time.Time{},
		objects: map[string]*object{}, counts: map[string]int{}, closing: make(chan struct{}),
	}
	s.standardObjects()
	return s
}

func withDefaults(o Options) Options {
	if o.Address == "" {
		o.Address = "127.0.0.1:0"
	}
	if o.Token == "" {
		o.Token = "pat-fake"
	}
	if o.TokenLife <= 0 {
		o.TokenLife = 30 * time.Minute
	}
	if o.Portal == 0 {
		o.Portal = 4242
	}
	if o.Per <= 0 {
		o.Per = 10 * time.Second
	}
	if o.Versions == nil {
		o.Versions = []string{"v1", "v3", "2026-03", "2026-09"}
	}
	return o
}

// Start serves the account until Close.
func Start(options Options) (*Server, error) {
	s := New(options)
	listener, err := net.Listen("tcp", s.options.Address)
	if err != nil {
		return nil, err
	}
	s.listener = listener
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		if err := s.http.Serve(listener); err != nil && !errors.Is(err, http.ErrServerClosed) {
			_ = listener.Close()
		}
	}()
	return s, nil
}

// URL is the base address, without a slash at its end; "" where the account was made by New.
func (s *Server) URL() string {
	if s.listener == nil {
		return ""
	}
	return "http://" + s.listener.Addr().String()
}

// Close stops serving and drops every connection.
func (s *Server) Close() {
	s.once.Do(func() {
		close(s.closing)
		if s.http != nil {
			_ = s.http.Close()
		}
	})
}

const maxBody = 16 << 20

// ServeHTTP answers one call: body, latency, a fault where one is due, and the account's own answer.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		s.fail(http.StatusRequestEntityTooLarge, "VALIDATION_ERROR", "the request is too large").write(w, false)
		return
	}
	place, found := s.route(r)
	fault := s.note(r, place, body)
	s.pause(r.Context(), s.options.Latency)
	if fault.stops(w) {
		return
	}
	if !found {
		s.fail(http.StatusNotFound, "", "resource not found").write(w, false)
		return
	}
	answer := s.admit(w.Header(), r, place)
	if answer == nil {
		answer = s.answer(r, place, body, fault)
	}
	s.pause(r.Context(), fault.Delay)
	fault.finish(w, answer)
}

func (s *Server) pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	case <-s.closing:
	}
}

func (s *Server) answer(r *http.Request, p place, body []byte, fault *Fault) *answer {
	switch p.area {
	case "oauth":
		return s.token(r, body)
	case "account":
		return s.account()
	case "properties":
		return s.properties(p)
	case "schemas":
		return s.schemas()
	default:
		return s.object(r, p, body, fault)
	}
}
