//go:build kafkalab

package lab_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	lab "github.com/freshet/freshet/build/kafkalab"
)

// TestKafka measures what the broker does in the cases that a reader must not overlook, and what franz-go makes of them.
func TestKafka(t *testing.T) {
	l := lab.StartBroker(t)
	t.Run("retention", func(t *testing.T) { retention(t, l) })
	t.Run("recreated", func(t *testing.T) { recreated(t, l) })
	t.Run("recreated and grown past the position", func(t *testing.T) { recreatedBehind(t, l) })
	t.Run("aborted", func(t *testing.T) { aborted(t, l) })
	t.Run("open", func(t *testing.T) { open(t, l) })
	t.Run("restarted", func(t *testing.T) { restarted(t, l) })
}

// some makes n records for partition 0 of a topic.
func some(topic string, n int) []*kgo.Record {
	records := make([]*kgo.Record, n)
	for i := range records {
		records[i] = &kgo.Record{Topic: topic, Value: fmt.Appendf(nil, "%d", i)}
	}
	return records
}

func produce(t *testing.T, l *lab.Lab, records ...*kgo.Record) {
	t.Helper()
	client := l.Client(t, kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err := client.ProduceSync(t.Context(), records...).FirstErr(); err != nil {
		t.Fatal(err)
	}
}

// reader reads partition 0 of a topic from an offset, committed records only.
func reader(t *testing.T, l *lab.Lab, topic string, from kgo.Offset, options ...kgo.Opt) *kgo.Client {
	t.Helper()
	return l.Client(t, append(options, kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: {0: from}}))...)
}

// poll reads for a while, until there is something.
func poll(t *testing.T, client *kgo.Client, patience time.Duration) ([]*kgo.Record, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	fetches := client.PollFetches(ctx)
	for _, e := range fetches.Errors() {
		return nil, e.Err
	}
	return fetches.Records(), nil
}

// retention: the broker refuses an offset that is gone, but the client, unless told to stop, goes on at the first one
// there is and says nothing: only the gap in the offsets tells.
func retention(t *testing.T, l *lab.Lab) {
	l.CreateTopic(t, "retained", 1)
	produce(t, l, some("retained", 10)...)
	l.DeleteRecords(t, "retained", 0, 7)
	if records := l.Read(t, "retained"); len(records) != 3 || records[0].Offset != 7 {
		t.Errorf("the topic holds %v, want the offsets 7, 8 and 9", records)
	}
	records, err := poll(t, reader(t, l, "retained", kgo.NewOffset().At(3)), 10*time.Second)
	if err != nil || len(records) != 3 || records[0].Offset != 7 {
		t.Errorf("a reader at 3 gets %d records and %v, want the three from 7 on, without a word", len(records), err)
	}
	_, err = poll(t, reader(t, l, "retained", kgo.NewOffset().At(3), kgo.ConsumeResetOffset(kgo.NoResetOffset())), 10*time.Second)
	if !errors.Is(err, kerr.OffsetOutOfRange) {
		t.Errorf("a reader at 3 that does not reset gets %v, want OFFSET_OUT_OF_RANGE", err)
	}
}

// recreated: a reader of a topic that was deleted and made anew is told that the id it reads is unknown, again and again,
// but only once the broker has forgotten it, some seconds after. It never gets a record of the new topic.
func recreated(t *testing.T, l *lab.Lab) {
	l.CreateTopic(t, "again", 1)
	produce(t, l, some("again", 10)...)
	client := reader(t, l, "again", kgo.NewOffset().AtStart(), kgo.ConsumeResetOffset(kgo.NoResetOffset()),
		kgo.MetadataMinAge(250*time.Millisecond), kgo.MetadataMaxAge(time.Second))
	if records, err := poll(t, client, 10*time.Second); err != nil || len(records) != 10 {
		t.Fatalf("%d records, %v", len(records), err)
	}
	if was, is := l.RecreateTopic(t, "again", 1); was == is {
		t.Errorf("the topic has the id it had")
	}
	produce(t, l, some("again", 20)...)
	start := time.Now()
	for time.Since(start) < 30*time.Second {
		records, err := poll(t, client, time.Second)
		if len(records) > 0 {
			t.Fatalf("%d records of the new topic, from %d on", len(records), records[0].Offset)
		}
		if errors.Is(err, kerr.UnknownTopicID) {
			t.Logf("told after %v", time.Since(start).Round(100*time.Millisecond))
			return
		}
	}
	t.Errorf("nothing is said of the new topic")
}

// recreatedBehind: offsets alone do not tell where the new topic has grown past the position.
func recreatedBehind(t *testing.T, l *lab.Lab) {
	l.CreateTopic(t, "behind", 1)
	produce(t, l, some("behind", 10)...)
	l.RecreateTopic(t, "behind", 1)
	produce(t, l, some("behind", 20)...)
	client := reader(t, l, "behind", kgo.NewOffset().At(10), kgo.ConsumeResetOffset(kgo.NoResetOffset()))
	records, err := poll(t, client, 10*time.Second)
	if err != nil || len(records) != 10 || records[0].Offset != 10 {
		t.Errorf("a new reader at 10 gets %d records and %v, want the ten from 10 on, without a word", len(records), err)
	}
}

// aborted: the records are in the log and take offsets, and so does the marker; who reads what is committed sees neither.
func aborted(t *testing.T, l *lab.Lab) {
	l.CreateTopic(t, "aborted", 1)
	produce(t, l, some("aborted", 2)...)
	gone := l.Transaction(t, false, some("aborted", 3)...)
	if gone[0].Offset != 2 || gone[2].Offset != 4 {
		t.Errorf("the aborted records have the offsets %d to %d, want 2 to 4", gone[0].Offset, gone[2].Offset)
	}
	kept := l.Transaction(t, true, some("aborted", 1)...)
	if kept[0].Offset != 6 {
		t.Errorf("the record after the marker has the offset %d, want 6", kept[0].Offset)
	}
	var offsets []int64
	for _, r := range l.Read(t, "aborted") {
		offsets = append(offsets, r.Offset)
	}
	if fmt.Sprint(offsets) != "[0 1 6]" {
		t.Errorf("committed are %v, want [0 1 6]", offsets)
	}
	if end := end(t, l, "aborted"); end != 8 {
		t.Errorf("the end is %d, want 8, behind the marker: no record comes that leads there", end)
	}
}

// open: while a transaction is open, nothing behind its first record is given out, not even what has no transaction.
func open(t *testing.T, l *lab.Lab) {
	l.CreateTopic(t, "open", 1)
	produce(t, l, some("open", 1)...)
	transaction := l.OpenTransaction(t, some("open", 1)...)
	produce(t, l, some("open", 1)...)
	client := reader(t, l, "open", kgo.NewOffset().AtStart())
	if records, err := poll(t, client, 10*time.Second); err != nil || len(records) != 1 {
		t.Errorf("%d records and %v, want the one before the transaction", len(records), err)
	}
	if records, err := poll(t, client, time.Second); len(records) != 0 || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%d records and %v while the transaction is open, want none", len(records), err)
	}
	transaction.End(t, true)
	if records, err := poll(t, client, 10*time.Second); err != nil || len(records) != 2 {
		t.Errorf("%d records and %v after the transaction, want two", len(records), err)
	}
}

// restarted: a broker that was killed has what it acknowledged, under the same topic id.
func restarted(t *testing.T, l *lab.Lab) {
	l.CreateTopic(t, "restarted", 1)
	produce(t, l, some("restarted", 5)...)
	before := topic(t, l, "restarted")
	l.Kafka.Kill(t)
	l.Kafka.Start(t)
	if after := topic(t, l, "restarted"); after.ID != before.ID {
		t.Errorf("the topic's id is %v, was %v", after.ID, before.ID)
	}
	if records := l.Read(t, "restarted"); len(records) != 5 {
		t.Errorf("%d records, want 5", len(records))
	}
}

func topic(t *testing.T, l *lab.Lab, name string) kadm.TopicDetail {
	t.Helper()
	all, err := l.Admin(t).ListTopics(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return all[name]
}

func end(t *testing.T, l *lab.Lab, topic string) int64 {
	t.Helper()
	ends, err := l.Admin(t).ListEndOffsets(t.Context(), topic)
	if err != nil {
		t.Fatal(err)
	}
	offset, _ := ends.Lookup(topic, 0)
	return offset.Offset
}
