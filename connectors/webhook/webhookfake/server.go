package webhookfake

import (
	"context"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// Server is a receiver listening on loopback.
type Server struct {
	*Receiver
	server *http.Server
	listen net.Listener
	open   atomic.Int64
	done   chan struct{}
}

// Start listens on a free port of 127.0.0.1, or on the address given. Close it.
func Start(address string, options Options) (*Server, error) {
	receiver, err := New(options)
	if err != nil {
		return nil, err
	}
	if address == "" {
		address = "127.0.0.1:0"
	}
	listen, err := new(net.ListenConfig).Listen(context.Background(), "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listening for webhooks: %w", err)
	}
	s := &Server{Receiver: receiver, listen: listen, done: make(chan struct{})}
	s.server = &http.Server{Handler: receiver, ReadHeaderTimeout: 10 * time.Second, ConnState: s.count,
		ErrorLog: log.New(io.Discard, "", 0)}
	go func() {
		defer close(s.done)
		_ = s.server.Serve(listen)
	}()
	return s, nil
}

func (s *Server) count(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.open.Add(1)
	case http.StateClosed, http.StateHijacked:
		s.open.Add(-1)
	}
}

// URL is where to post to.
func (s *Server) URL() string { return "http://" + s.listen.Addr().String() + "/in" }

// Open counts the connections that are open now.
func (s *Server) Open() int { return int(s.open.Load()) }

// Close stops listening and drops every connection.
func (s *Server) Close() {
	_ = s.server.Close()
	<-s.done
}

// Records is a copy of what is held of an object (or, where calls name none, of a sync), archived records too.
func (r *Receiver) Records(object string) map[string]Record {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.objects[object])
}

// Counts says what came so far.
type Counts struct {
	Calls   int64 // all calls, also those turned away
	Rows    int64 // records applied or counted
	Bytes   int64 // of bodies
	Repeats int64 // calls with an id that was answered before
	Stale   int64 // records ignored because a newer version is held
}

// Counts reads the counters.
func (r *Receiver) Counts() Counts {
	return Counts{Calls: r.calls.Load(), Rows: r.rows.Load(), Bytes: r.bytes.Load(), Repeats: r.repeats.Load(),
		Stale: r.stale.Load()}
}

// Put makes a record as somebody else would, past the protocol.
func (r *Receiver) Put(object, key string, record Record) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.objects[object] == nil {
		r.objects[object] = map[string]Record{}
	}
	r.objects[object][key] = record
}

// Remove takes a record away as somebody else would, past the protocol.
func (r *Receiver) Remove(object, key string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.objects[object], key)
}
