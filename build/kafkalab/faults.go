package lab

import (
	"context"
	"errors"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// DeleteRecords makes a partition begin at an offset, as retention does: what is before it is gone.
func (l *Lab) DeleteRecords(t testing.TB, topic string, partition int32, before int64) {
	t.Helper()
	offsets := kadm.Offsets{}
	offsets.Add(kadm.Offset{Topic: topic, Partition: partition, At: before})
	replies, err := l.Admin(t).DeleteRecords(t.Context(), offsets)
	if err == nil {
		err = replies.Error()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// RecreateTopic deletes a topic and makes it anew, empty, and returns the id it had and the one it has now.
func (l *Lab) RecreateTopic(t testing.TB, topic string, partitions int32) (was, is [16]byte) {
	t.Helper()
	admin := l.Admin(t)
	was = topicID(t, admin, topic)
	if _, err := admin.DeleteTopic(t.Context(), topic); err != nil {
		t.Fatal(err)
	}
	// the broker agrees to the deletion before it has forgotten the name
	l.await(t, "making "+topic+" anew", func(ctx context.Context) error {
		_, err := admin.CreateTopic(ctx, partitions, 1, nil, topic)
		if err != nil && !errors.Is(err, kerr.TopicAlreadyExists) {
			t.Fatal(err)
		}
		return err
	})
	l.await(t, topic+" to have its new id", func(context.Context) error {
		if is = topicID(t, admin, topic); is == was || is == [16]byte{} {
			return errors.New("not yet")
		}
		return nil
	})
	return was, is
}

func topicID(t testing.TB, admin *kadm.Client, topic string) [16]byte {
	t.Helper()
	all, err := admin.ListTopics(t.Context(), topic)
	if err != nil {
		t.Fatal(err)
	}
	return all[topic].ID
}

// Transaction writes records in one transaction, which is committed, or else aborted: the log keeps the records of an
// aborted one, and a marker behind them that takes an offset too. They are returned with their offsets.
func (l *Lab) Transaction(t testing.TB, commit bool, records ...*kgo.Record) []*kgo.Record {
	t.Helper()
	open := l.OpenTransaction(t, records...)
	open.End(t, commit)
	return records
}

// Open is a transaction that is not over: nobody who reads what is committed gets past its first record.
type Open struct{ client *kgo.Client }

// OpenTransaction writes records in a transaction and leaves it open.
func (l *Lab) OpenTransaction(t testing.TB, records ...*kgo.Record) *Open {
	t.Helper()
	client := l.Client(t, kgo.TransactionalID(t.Name()), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err := client.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	if err := client.ProduceSync(t.Context(), records...).FirstErr(); err != nil {
		t.Fatal(err)
	}
	return &Open{client}
}

// End commits the transaction or aborts it.
func (o *Open) End(t testing.TB, commit bool) {
	t.Helper()
	if err := o.client.EndTransaction(t.Context(), kgo.TransactionEndTry(commit)); err != nil {
		t.Fatal(err)
	}
}
