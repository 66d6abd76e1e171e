package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/freshet/freshet/connectors/kafka/kafkafake"
)

// streaming measures `freshet serve` from an event's intended moment to its receipt, with the broker, the receiver and the
// program on the same processors.
func streaming(bin string) (string, error) {
	page := "## Streams: from an event to its receipt\n\nThe broker, the receiver and `freshet serve` share the processors. Events of about 600 bytes\n" +
		"(a Debezium envelope in JSON) are written at a fixed rate, whether or not the program keeps up; an event's time is the moment it was\n" +
		"to be written at. Every event is checked against a data contract: each column is required and has a type, and a pattern, a length or a\n" +
		"range. Calls carry up to 100 records, 8 at once. Every id is looked for at the receiver, with its newest value. p50 and p99 are up to\n" +
		"the arrival at the receiver. Confirmed is what `freshet serve` tells of itself once a second, from the commit in the source until it has\n" +
		"heard the receiver's answer and written it down: the p50 of the middle second, and the p99 of the worst.\n\n" +
		"| events/s | receiver answers after | receipts/s | p50 | p99 | confirmed p50 | p99 | memory |\n|---|---|---|---|---|---|---|---|\n"
	for _, s := range []scenario{
		{rate: 1000, seconds: 10}, {rate: 5000, seconds: 10}, {rate: 5000, seconds: 10, latency: 100 * time.Millisecond},
		{rate: 0, events: 200_000, latency: 20 * time.Millisecond},
	} {
		note("streaming: %+v", s)
		line, err := s.measure(bin)
		if err != nil {
			return "", err
		}
		page += line
	}
	replay, err := replaying(bin, 200_000)
	if err != nil {
		return "", err
	}
	apart, err := keptApart(bin)
	return page + "\n" + replay + apart, err
}

// scenario is one load.
type scenario struct {
	rate    int // events a second; 0: as many as the broker takes
	seconds int
	events  int
	latency time.Duration
}

// stream is a broker, a receiver that remembers when it saw what, and a program that serves.
type stream struct {
	dir   string
	kafka *kafkafake.Cluster
	seen  *seen
	web   *httptest.Server
}

func newStream(latency time.Duration) (*stream, error) {
	s := &stream{seen: &seen{newest: map[string]int64{}, latency: latency}}
	var err error
	if s.dir, err = os.MkdirTemp("", "freshet-bench-"); err != nil {
		return nil, err
	}
	if s.kafka, err = kafkafake.Start(kafkafake.Options{}); err != nil {
		return s, err
	}
	if err := s.kafka.Create("bench", 4, nil); err != nil {
		return s, err
	}
	s.web = httptest.NewServer(s.seen)
	return s, s.define(fmt.Sprintf(hookYAML, s.web.URL))
}

// define writes the workspace: the feed with its contract and the model, and what follows them.
func (s *stream) define(rest string) error {
	text := fmt.Sprintf(feedYAML, s.kafka.Addresses()[0]) + rest
	return errors.Join(os.WriteFile(filepath.Join(s.dir, "freshet.yaml"), []byte(text), 0o600),
		os.WriteFile(filepath.Join(s.dir, "people.yaml"), []byte(contractYAML), 0o600))
}

func (s *stream) close() {
	if s.web != nil {
		s.web.Close()
	}
	if s.kafka != nil {
		s.kafka.Close()
	}
	_ = os.RemoveAll(s.dir)
}

const feedYAML = `workspace: bench
governance: {unreviewed: warn}
sources:
  stream: {type: kafka, brokers: [%q]}
feeds:
  people: {source: stream, topic: bench, format: debezium-json, key: id, contract: people.yaml}
models:
  people: {sql: "select id, t, c0, c1, c2, c3 from feeds.people", key: id}
`

const hookYAML = `destinations:
  hook: {type: webhook, url: %q, batch_size: 100, concurrency: 8}
syncs:
  people: {model: people, destination: hook, tier: realtime, mode: upsert, fields: {t: t, c0: c0, c1: c1, c2: c2, c3: c3}}
`

// contractYAML has rules for every column, which every event keeps but the one that warm writes to see that they are asked.
const contractYAML = `apiVersion: v3.1.0
kind: DataContract
id: people
name: people
version: 1.0.0
status: active
schema:
  - name: people
    properties:
      - {name: id, logicalType: integer, physicalType: BIGINT, primaryKey: true, primaryKeyPosition: 1, required: true, logicalTypeOptions: {minimum: 0}}
      - {name: t, logicalType: integer, physicalType: BIGINT, required: true, logicalTypeOptions: {minimum: 1000000000000000}}
      - {name: c0, logicalType: string, physicalType: VARCHAR, required: true, logicalTypeOptions: {pattern: "^value [0-9]+ of a text"}}
      - {name: c1, logicalType: string, physicalType: VARCHAR, required: true, logicalTypeOptions: {pattern: "^[0-9]+$"}}
      - {name: c2, logicalType: string, physicalType: VARCHAR, required: true, logicalTypeOptions: {minLength: 1, maxLength: 200}}
      - {name: c3, logicalType: string, physicalType: VARCHAR, required: true, logicalTypeOptions: {pattern: "^value [0-9]{1,3}$"}}
`

// measure writes the load and waits until everything has arrived.
func (c scenario) measure(bin string) (string, error) {
	s, err := newStream(c.latency)
	if err != nil {
		return "", err
	}
	defer s.close()
	serve := exec.Command(bin, "-w", s.dir, "serve", "--json")
	serve.Stderr = os.Stderr
	told := &told{}
	serve.Stdout = told
	if err := serve.Start(); err != nil {
		return "", err
	}
	peak := watch(serve.Process.Pid)
	defer func() { _ = serve.Process.Signal(syscall.SIGTERM); _ = serve.Wait() }()
	if err := s.warm(); err != nil {
		return "", err
	}
	told.forget()
	began := time.Now()
	n, err := c.write(s)
	if err != nil {
		return "", err
	}
	if err := s.seen.arrived(n); err != nil {
		return "", err
	}
	took := s.seen.last().Sub(began)
	_ = serve.Process.Signal(syscall.SIGTERM)
	_ = serve.Wait()
	if err := s.checked(bin); err != nil {
		return "", err
	}
	p50, p99 := s.seen.percentiles()
	rate, wait := "as fast as it goes", "at once"
	if c.rate > 0 {
		rate = strconv.Itoa(c.rate)
	}
	if c.latency > 0 {
		wait = c.latency.String()
	}
	c50, c99 := told.confirmed()
	return fmt.Sprintf("| %s | %s | %.0f | %.0f ms | %.0f ms | %.0f ms | %.0f ms | %d MB |\n",
		rate, wait, float64(n)/took.Seconds(), p50, p99, c50, c99, <-peak), nil
}

// warm sends one event through and forgets it. Another breaks the contract: checked looks for it.
func (s *stream) warm() error {
	broken := s.event(0, time.Now())
	broken.Value = bytes.ReplaceAll(broken.Value, []byte(`"c3":"value 0"`), []byte(`"c3":"no value"`))
	if err := s.kafka.Write(context.Background(), broken, s.event(0, time.Now())); err != nil {
		return err
	}
	if err := s.seen.arrived(1); err != nil {
		return err
	}
	s.seen.forget()
	return nil
}

// checked says whether the contract was asked: the one event that breaks it was set aside, and no other.
func (s *stream) checked(bin string) error {
	r, err := run(bin, "-w", s.dir, "quarantine", "people", "--json")
	if err != nil {
		return err
	}
	var aside struct{ Total int }
	if err := json.Unmarshal(r.out, &aside); err != nil || aside.Total != 1 {
		return fmt.Errorf("%d events were set aside by the contract, want 1: %w", aside.Total, err)
	}
	return nil
}

// write writes the load, each event with an id of its own, and tells how many there were.
func (c scenario) write(s *stream) (int, error) {
	if c.rate == 0 {
		return c.events, s.burst(c.events)
	}
	const tick = 10 * time.Millisecond
	began := time.Now()
	n := 0
	for i := range c.seconds * int(time.Second/tick) {
		due := began.Add(time.Duration(i) * tick)
		time.Sleep(time.Until(due))
		var records []kafkafake.Record
		for range c.rate / int(time.Second/tick) {
			n++
			records = append(records, s.event(n, due))
		}
		if err := s.kafka.Write(context.Background(), records...); err != nil {
			return n, err
		}
	}
	return n, nil
}

func (s *stream) burst(n int) error {
	for i := 0; i < n; i += 1000 {
		var records []kafkafake.Record
		for k := range 1000 {
			records = append(records, s.event(i+k+1, time.Now()))
		}
		if err := s.kafka.Write(context.Background(), records...); err != nil {
			return err
		}
	}
	return nil
}

func (s *stream) event(id int, at time.Time) kafkafake.Record {
	value := fmt.Sprintf(`{"before":null,"after":{"id":%d,"t":%d,"c0":"value %d of a text that a row may have","c1":"%d","c2":"another text, `+
		`with some words in it","c3":"value %d"},"source":{"version":"3.6.0.Final","connector":"postgresql","name":"shop","ts_ms":%d,"ts_us":%d,`+
		`"snapshot":"false","db":"shop","sequence":"[\"24023119\",\"24023128\"]","schema":"public","table":"people","txId":556,"lsn":24023128,`+
		`"xmin":null},"op":"u","ts_ms":%d,"transaction":null}`, id, at.UnixMicro(), id, id*7, id%1000, at.UnixMilli(), at.UnixMicro(), at.UnixMilli())
	return kafkafake.Record{Topic: "bench", Partition: kafkafake.Any, Key: []byte(`{"id":` + strconv.Itoa(id) + `}`), Value: []byte(value)}
}

// arrived waits until so many ids have come.
func (s *seen) arrived(n int) error {
	for range 3000 {
		if s.count() >= n {
			return nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	return fmt.Errorf("%d of %d records arrived within a minute", s.count(), n)
}

// seen is a receiver that remembers of every id when it came, and how old it was.
type seen struct {
	latency time.Duration
	mu      sync.Mutex
	newest  map[string]int64
	ages    []float64 // milliseconds
	at      time.Time
}

func (s *seen) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.take(body)
	time.Sleep(s.latency)
	w.WriteHeader(http.StatusNoContent)
}

// take notes of every record of a call when it came and how old it was.
func (s *seen) take(body []byte) {
	now := time.Now()
	var call struct {
		Records []struct {
			Key    string `json:"key"`
			Fields struct {
				At int64 `json:"t"`
			} `json:"fields"`
		} `json:"records"`
	}
	_ = json.Unmarshal(body, &call)
	s.mu.Lock()
	for _, rec := range call.Records {
		if rec.Fields.At > s.newest[rec.Key] {
			s.newest[rec.Key] = rec.Fields.At
			s.ages = append(s.ages, float64(now.UnixMicro()-rec.Fields.At)/1000)
		}
	}
	s.at = now
	s.mu.Unlock()
}

func (s *seen) count() int { s.mu.Lock(); defer s.mu.Unlock(); return len(s.newest) }

func (s *seen) last() time.Time { s.mu.Lock(); defer s.mu.Unlock(); return s.at }

func (s *seen) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.newest, s.ages = map[string]int64{}, nil
}

func (s *seen) percentiles() (p50, p99 float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	slices.Sort(s.ages)
	n := len(s.ages)
	return s.ages[n/2], s.ages[n*99/100]
}

// replaying measures making a feed's table from its raw history again.
func replaying(bin string, n int) (string, error) {
	s, err := newStream(0)
	if err != nil {
		return "", err
	}
	defer s.close()
	if err := s.burst(n); err != nil {
		return "", err
	}
	if _, err := run(bin, "-w", s.dir, "run", "people", "--json"); err != nil {
		return "", err
	}
	r, err := run(bin, "-w", s.dir, "replay", "people", "--json")
	if err != nil {
		return "", err
	}
	var out struct{ Events, Rows int }
	if err := json.Unmarshal(r.out, &out); err != nil || out.Events != n || out.Rows != 0 {
		return "", fmt.Errorf("the replay told of %d events and %d rows: %w", out.Events, out.Rows, err)
	}
	return fmt.Sprintf("`freshet replay` of %s events, the plan of a sync included, whole process: %.1f s, %.0f events/s, %d MB.\n\n",
		thousands(n), r.seconds, float64(n)/r.seconds, r.peakMB), nil
}
