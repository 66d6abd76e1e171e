package lab

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Record is one record of a topic as it came. Bytes are base64 in JSON; null and empty stay apart.
type Record struct {
	Topic     string    `json:"topic"`
	Partition int32     `json:"partition"`
	Offset    int64     `json:"offset"`
	At        time.Time `json:"at"`
	Key       []byte    `json:"key"`
	Value     []byte    `json:"value"`
	Headers   []Header  `json:"headers,omitempty"`
}

// Header is one header of a record.
type Header struct {
	Name  string `json:"name"`
	Value []byte `json:"value"`
}

// Client is a client of the broker for as long as the test runs.
func (l *Lab) Client(t testing.TB, options ...kgo.Opt) *kgo.Client {
	t.Helper()
	client, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(l.Brokers...)}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// Admin is a client for what is not reading or writing.
func (l *Lab) Admin(t testing.TB) *kadm.Client {
	t.Helper()
	return kadm.NewClient(l.Client(t))
}

// CreateTopic makes a topic.
func (l *Lab) CreateTopic(t testing.TB, topic string, partitions int32) {
	t.Helper()
	if _, err := l.Admin(t).CreateTopic(t.Context(), partitions, 1, nil, topic); err != nil {
		t.Fatal(err)
	}
}

// Topics lists the topics of a connector.
func (l *Lab) Topics(t testing.TB, connector string) []string {
	t.Helper()
	all, err := l.Admin(t).ListTopics(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(all.Names(), func(name string) bool {
		return !strings.HasPrefix(name, connector+".") && name != "__debezium-heartbeat."+connector
	})
}

// Read reads what a topic holds now, the records of aborted transactions left out: by partition, then offset.
func (l *Lab) Read(t testing.TB, topic string) []Record {
	t.Helper()
	ends, err := l.Admin(t).ListCommittedOffsets(t.Context(), topic)
	if err == nil {
		err = ends.Error()
	}
	if err != nil {
		t.Fatal(err)
	}
	starts := map[int32]kgo.Offset{}
	ends.Each(func(o kadm.ListedOffset) { starts[o.Partition] = kgo.NewOffset().AtStart() })
	client := l.Client(t, kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.KeepControlRecords(),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: starts}))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	records := readTo(ctx, t, client, ends)
	slices.SortFunc(records, func(a, b Record) int {
		return cmp.Or(cmp.Compare(a.Partition, b.Partition), cmp.Compare(a.Offset, b.Offset))
	})
	return records
}

// readTo reads until every partition has been read to its end, which may be behind the last record that is shown.
func readTo(ctx context.Context, t testing.TB, client *kgo.Client, ends kadm.ListedOffsets) []Record {
	t.Helper()
	open := map[int32]int64{}
	ends.Each(func(o kadm.ListedOffset) {
		if o.Offset > 0 {
			open[o.Partition] = o.Offset
		}
	})
	var records []Record
	for len(open) > 0 {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err0(); err != nil {
			t.Fatalf("reading: %v", err)
		}
		fetches.EachPartition(func(p kgo.FetchTopicPartition) {
			for _, r := range p.Records {
				if !r.Attrs.IsControl() {
					records = append(records, taken(r))
				}
				if r.Offset+1 >= open[r.Partition] {
					delete(open, r.Partition)
				}
			}
		})
	}
	return records
}

func taken(r *kgo.Record) Record {
	out := Record{Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, At: r.Timestamp.UTC(), Key: r.Key, Value: r.Value}
	for _, h := range r.Headers {
		out.Headers = append(out.Headers, Header{Name: h.Key, Value: h.Value})
	}
	return out
}
