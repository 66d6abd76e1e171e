package server

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/freshet/freshet/server/wire"
	"github.com/freshet/freshet/sync/fault"
)

// The times that a client may take, and how long the last answers may take at the end.
const (
	headersWithin = 10 * time.Second
	requestWithin = 30 * time.Second
	answerWithin  = 15 * time.Minute // longer than anybody may wait for a run
	idleFor       = 2 * time.Minute
	drainWithin   = 10 * time.Second
	mostHeaders   = 64 << 10
)

// Start answers. metrics is for Prometheus: it names syncs, destinations and feeds, and holds no data of theirs. ready says whether work can be asked for, troubles takes what should not happen, and ending is called when the server
// is about to stop.
func (s *Server) Start(handler, metrics http.Handler, ready func() bool, troubles io.Writer, ending func()) {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metrics)
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { say(w, true) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) { say(w, ready()) })
	mux.Handle("/", handler)
	s.http = &http.Server{Handler: s.guard(mux), ReadHeaderTimeout: headersWithin, ReadTimeout: requestWithin, WriteTimeout: answerWithin,
		IdleTimeout: idleFor, MaxHeaderBytes: mostHeaders, ErrorLog: log.New(troubles, "", 0)}
	s.http.RegisterOnShutdown(ending)
	go func() { s.ended <- s.http.Serve(s.listener) }()
}

// say answers whether something is so, for those who watch over processes.
func say(w http.ResponseWriter, so bool) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	if !so {
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, "not ready\n")
		return
	}
	_, _ = io.WriteString(w, "ok\n")
}

// Announce leaves word of the server in the data directory, for its owner alone. It appears whole or not at all.
func (s *Server) Announce(dir, token string) error {
	text, err := json.Marshal(wire.Discovery{URL: s.URL(), Token: token, PID: os.Getpid(), Since: time.Now().UTC().Format(time.RFC3339)})
	if err != nil {
		return err
	}
	path := filepath.Join(dir, wire.DiscoveryFile)
	draft, err := os.CreateTemp(dir, wire.DiscoveryFile+"-") // with rights for its owner alone
	if err != nil {
		return unannounced(path, err)
	}
	_, err = draft.Write(append(text, '\n'))
	if err = errors.Join(err, draft.Close()); err == nil {
		err = os.Rename(draft.Name(), path)
	}
	if err != nil {
		_ = os.Remove(draft.Name())
		return unannounced(path, err)
	}
	s.file = path
	return nil
}

func unannounced(path string, err error) error {
	return fault.New(fault.Storage, "server.announce", "the file by which the server is found cannot be written").At(path).Because(err).
		Do("give the data directory write permission")
}

// Stop takes the word of the server back, lets requests under way end, and lets the port go.
func (s *Server) Stop() error {
	var err error
	if s.file != "" {
		err = os.Remove(s.file)
	}
	ctx, cancel := context.WithTimeout(context.Background(), drainWithin)
	defer cancel()
	if s.http.Shutdown(ctx) != nil {
		_ = s.http.Close() // somebody does not let go
	}
	if ended := <-s.ended; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	return err
}
