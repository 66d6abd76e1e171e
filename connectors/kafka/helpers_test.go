package kafka

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/freshet/freshet/connectors/kafka/kafkafake"
	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// canary stands in every key and value that the tests write, and in no fault and no note.
const canary = "canary-4711"

const watchOften = 200 * time.Millisecond

// cluster starts a cluster with one topic and ends it with the test.
func cluster(t *testing.T, o kafkafake.Options, topic string, partitions int) *kafkafake.Cluster {
	t.Helper()
	c, err := kafkafake.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	if topic != "" {
		must(t, c.Create(topic, partitions, nil))
	}
	return c
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// settings are a source's over the cluster; more is key and value in turn, a secret's key begins with "!".
func settings(c *kafkafake.Cluster, more ...string) connect.Settings {
	s := connect.Settings{Name: "stream", Lists: map[string][]string{"brokers": c.Addresses()}, Secrets: map[string]connect.Secret{},
		Values: map[string]string{"group_prefix": "freshet-", "session_timeout": "6s", "rebalance_timeout": "6s", "timeout": "5s"}}
	for i := 0; i+1 < len(more); i += 2 {
		if name, secret := strings.CutPrefix(more[i], "!"); secret {
			s.Secrets[name] = connect.NewSecret(more[i+1])
		} else {
			s.Values[name] = more[i+1]
		}
	}
	return s
}

// openSource opens a source that looks at its partitions often.
func openSource(t *testing.T, s connect.Settings) *source {
	t.Helper()
	opened, err := open(t.Context(), s)
	must(t, err)
	src := opened.(*source)
	src.watch = watchOften
	t.Cleanup(func() { _ = src.Close() })
	return src
}

// reader opens a stream and ends it with the test.
func reader(t *testing.T, src *source, o connect.StreamOptions) *stream {
	t.Helper()
	if o.Feed == "" {
		o.Feed = "carts"
	}
	if o.State == "" {
		o.State = "led_a"
	}
	s, err := src.Open(t.Context(), o)
	must(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s.(*stream)
}

// write writes n events of partition, numbered on from first.
func write(t *testing.T, c *kafkafake.Cluster, topic string, partition int32, first, n int) {
	t.Helper()
	var records []kafkafake.Record
	for i := range n {
		records = append(records, numbered(topic, partition, first+i))
	}
	must(t, c.Write(t.Context(), records...))
}

func numbered(topic string, partition int32, i int) kafkafake.Record {
	return kafkafake.Record{Topic: topic, Partition: partition, Key: fmt.Appendf(nil, "%s-%d", canary, i%7), Value: fmt.Appendf(nil, "%s %d", canary, i)}
}

// seen is what polls brought.
type seen struct {
	t      *testing.T
	events []model.Event
	notes  []connect.StreamNote
	next   map[place]model.Position
}

func newSeen(t *testing.T) *seen { return &seen{t: t, next: map[place]model.Position{}} }

func (s *seen) add(f connect.Fetch) {
	s.events = append(s.events, f.Events...)
	s.notes = append(s.notes, f.Notes...)
	for _, p := range f.Next {
		s.next[place{p.Topic, p.Partition}] = p
	}
	for _, n := range f.Notes {
		if strings.Contains(n.Message, canary) {
			s.t.Errorf("a note shows a value: %s", n.Message)
		}
	}
}

func (s *seen) positions() (out []model.Position) {
	for _, p := range s.next {
		out = append(out, p)
	}
	return out
}

// until polls until enough was seen, and fails the test after a while.
func (s *seen) until(st *stream, enough func() bool) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 20*time.Second)
	defer cancel()
	for !enough() {
		f, err := st.Poll(ctx)
		s.add(f)
		if err != nil {
			s.t.Fatalf("polling: %v; %d events and %v so far", err, len(s.events), s.notes)
		}
	}
}

// quiet polls for a while and takes what comes.
func (s *seen) quiet(st *stream, d time.Duration) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), d)
	defer cancel()
	for {
		f, err := st.Poll(ctx)
		s.add(f)
		if ctx.Err() != nil {
			return
		}
		must(s.t, err)
	}
}

func (s *seen) count(kind connect.NoteKind) (n int) {
	for _, note := range s.notes {
		if note.Kind == kind {
			n++
		}
	}
	return n
}

func (s *seen) note(kind connect.NoteKind) connect.StreamNote {
	s.t.Helper()
	for _, note := range s.notes {
		if note.Kind == kind {
			return note
		}
	}
	s.t.Fatalf("no note %s in %v", kind, s.notes)
	return connect.StreamNote{}
}

// offsets lists what was seen of a partition.
func (s *seen) offsets(partition int32) (out []int64) {
	for _, e := range s.events {
		if e.Partition == partition {
			out = append(out, e.Offset)
		}
	}
	return out
}

func wantFault(t *testing.T, err error, code string, parts ...string) *fault.Fault {
	t.Helper()
	if !fault.Is(err, code) {
		t.Fatalf("got %v, want the fault %s", err, code)
	}
	f := fault.As(err)
	said := f.Error() + " " + f.Suggestion
	if f.Suggestion == "" {
		t.Errorf("%q does not say what to do", f.Error())
	}
	for _, part := range parts {
		if !strings.Contains(said, part) {
			t.Errorf("%q does not say %q", said, part)
		}
	}
	if strings.Contains(said, canary) {
		t.Errorf("%q shows a secret or a value", said)
	}
	return f
}
