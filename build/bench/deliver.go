package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// delivering measures carrying out a plan of n new records, beside a bare client that posts the same bodies.
func delivering(bin string, n int) (string, error) {
	note("%d records: recording the bodies", n)
	bodies, err := record(bin, n)
	if err != nil {
		return "", err
	}
	ours, bare, err := inTurn(3, func() (spent, error) { return deliver(bin, n) }, func() (spent, error) { return post(bodies) })
	if err != nil {
		return "", err
	}
	rate := func(s spent) float64 { return float64(n) / s.seconds }
	return fmt.Sprintf("## Delivery of %s records in %d calls to a receiver on loopback\n\n"+
		"The receiver decodes every body, keeps every record and answers row by row. The bare client is Go's own, %d calls\n"+
		"at once, posting bodies prepared before; Freshet reads the plan, makes every intent durable, encodes, posts, reads the\n"+
		"answers and makes every outcome durable (SQLite, synchronous FULL).\n\n"+
		"| | rows/s |\n|---|---|\n| `freshet run --plan` | %.0f |\n| bare client | %.0f |\n| ratio | %.2f |\n\n",
		thousands(n), len(bodies), concurrency, rate(ours), rate(bare), rate(ours)/rate(bare)), nil
}

// record lets the program deliver to a server that keeps the requests.
func record(bin string, n int) (bodies []request, err error) {
	var mu sync.Mutex
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		bodies = append(bodies, request{header: r.Header.Clone(), body: body})
		mu.Unlock()
		w.WriteHeader(http.StatusNoContent)
	}))
	defer server.Close()
	dir, err := workspace(n, server.URL, 200)
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	_, err = run(bin, "-w", dir, "run", "people", "--json")
	return bodies, err
}

type request struct {
	header http.Header
	body   []byte
}

// deliver makes a plan and times its run, as the report tells it.
func deliver(bin string, n int) (spent, error) {
	receiver, err := startReceiver("keep")
	if err != nil {
		return spent{}, err
	}
	defer receiver.stop()
	dir, err := workspace(n, receiver.url, 200)
	if err != nil {
		return spent{}, err
	}
	defer os.RemoveAll(dir)
	plan := filepath.Join(dir, "all.plan")
	if _, err := run(bin, "-w", dir, "plan", "people", "--out", plan, "--json"); err != nil {
		return spent{}, err
	}
	s, err := run(bin, "-w", dir, "run", "people", "--plan", plan, "--json")
	if err != nil {
		return s, err
	}
	var report struct {
		Delivered int
		Seconds   float64
	}
	if err := json.Unmarshal(s.out, &report); err != nil {
		return s, err
	}
	if report.Delivered != n {
		return s, fmt.Errorf("%d of %d records were delivered", report.Delivered, n)
	}
	s.seconds = report.Seconds
	return s, receiver.holds(n)
}

// post sends the bodies with Go's own client and nothing else.
func post(bodies []request) (spent, error) {
	receiver, err := startReceiver("keep")
	if err != nil {
		return spent{}, err
	}
	defer receiver.stop()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: concurrency}}
	work := make(chan request)
	failures := make(chan error, concurrency)
	began := time.Now()
	for range concurrency {
		go func() { failures <- postAll(client, receiver.url, work) }()
	}
	for _, r := range bodies {
		work <- r
	}
	close(work)
	for range concurrency {
		if e := <-failures; e != nil {
			err = e
		}
	}
	return spent{seconds: time.Since(began).Seconds()}, err
}

func postAll(client *http.Client, url string, work <-chan request) error {
	for r := range work {
		req, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(r.body))
		if err != nil {
			return err
		}
		req.Header = r.header
		reply, err := client.Do(req)
		if err != nil {
			return err
		}
		_, _ = io.Copy(io.Discard, reply.Body)
		reply.Body.Close()
		if reply.StatusCode >= 300 {
			return fmt.Errorf("the receiver answered %d", reply.StatusCode)
		}
	}
	return nil
}
