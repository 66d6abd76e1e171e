package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"

	"github.com/freshet/freshet/connectors/webhook/webhookfake"
)

// hook is a receiver that keeps what it is sent and when it came, and that can be dead.
type hook struct {
	url   string
	web   *httptest.Server
	keep  *webhookfake.Receiver
	seen  *seen
	how   death
	alive chan struct{} // closed while it answers; changed only while nothing is sent
}

func newHook() (*hook, error) {
	keep, err := webhookfake.New(webhookfake.Options{Silent: true})
	h := &hook{keep: keep, seen: &seen{newest: map[string]int64{}}, alive: make(chan struct{})}
	close(h.alive)
	h.web = httptest.NewServer(h)
	h.url = h.web.URL
	return h, err
}

func (h *hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	select {
	case <-h.alive:
	case <-r.Context().Done():
		return
	}
	if err != nil {
		return
	}
	h.seen.take(body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	h.keep.ServeHTTP(w, r)
}

func (h *hook) die(how death) {
	switch h.how = how; how {
	case refusing:
		h.close()
	case hanging:
		h.alive = make(chan struct{})
	}
}

// revive lets it answer again, also what it was sent while it was dead.
func (h *hook) revive() error {
	switch h.how {
	case refusing:
		listen, err := net.Listen("tcp", h.web.Listener.Addr().String())
		if err != nil {
			return err
		}
		h.web = &httptest.Server{Listener: listen, Config: &http.Server{Handler: h}}
		h.web.Start()
	case hanging:
		close(h.alive)
	}
	h.how = alive
	return nil
}

func (h *hook) close() {
	h.web.CloseClientConnections()
	h.web.Close()
}

// holds waits for the ids from 1 to n, and sees that each is kept with its newest value.
func (h *hook) holds(n int) error {
	if err := h.seen.arrived(n); err != nil {
		return err
	}
	kept := h.keep.Records("people")
	for id := 1; id <= n; id++ {
		key := strconv.Itoa(id)
		if at := kept[key].Fields["t"]; at != strconv.FormatInt(h.seen.newest[key], 10) {
			return fmt.Errorf("the record %s is kept as of %q, not of %d", key, at, h.seen.newest[key])
		}
	}
	return nil
}
