package kafkafake

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Record is something to write.
type Record struct {
	Topic     string
	Partition int32 // Any: as the key says
	Key       []byte
	Value     []byte
	Headers   []kgo.RecordHeader
	At        time.Time // zero: now
}

// Any leaves the partition to the hash of the key, as Kafka's own clients do.
const Any int32 = -1

// Write writes records and waits for the brokers to have them. Records of one partition keep their order.
func (c *Cluster) Write(ctx context.Context, records ...Record) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	if err := client.ProduceSync(ctx, kafkaRecords(records)...).FirstErr(); err != nil {
		return fmt.Errorf("writing records: %w", err)
	}
	return nil
}

// Commit writes records in a transaction that is committed.
func (c *Cluster) Commit(ctx context.Context, records ...Record) error {
	return c.transaction(ctx, kgo.TryCommit, records)
}

// Abort writes records in a transaction that is aborted: they are in the log, and no reader of committed ones sees them.
func (c *Cluster) Abort(ctx context.Context, records ...Record) error {
	return c.transaction(ctx, kgo.TryAbort, records)
}

func (c *Cluster) transaction(ctx context.Context, how kgo.TransactionEndTry, records []Record) error {
	tx, err := c.Open(ctx, records...)
	if err != nil {
		return err
	}
	return tx.end(ctx, how)
}

// Transaction is one that is not ended yet.
type Transaction struct{ client *kgo.Client }

// Open writes records in a transaction and leaves it open.
func (c *Cluster) Open(ctx context.Context, records ...Record) (*Transaction, error) {
	opts := append(c.clientOptions(), kgo.TransactionalID(fmt.Sprintf("tx-%d", time.Now().UnixNano())))
	client, err := kgo.NewClient(opts...)
	if err != nil {
		return nil, fmt.Errorf("making a writer: %w", err)
	}
	err = client.BeginTransaction()
	if err == nil {
		err = client.ProduceSync(ctx, kafkaRecords(records)...).FirstErr()
	}
	if err != nil {
		client.Close()
		return nil, fmt.Errorf("writing in a transaction: %w", err)
	}
	return &Transaction{client}, nil
}

// Commit ends the transaction.
func (t *Transaction) Commit(ctx context.Context) error { return t.end(ctx, kgo.TryCommit) }

// Abort ends the transaction; its records are as if they had not been written.
func (t *Transaction) Abort(ctx context.Context) error { return t.end(ctx, kgo.TryAbort) }

func (t *Transaction) end(ctx context.Context, how kgo.TransactionEndTry) error {
	defer t.client.Close()
	if err := t.client.EndTransaction(ctx, how); err != nil {
		return fmt.Errorf("ending a transaction: %w", err)
	}
	return nil
}

func (c *Cluster) client() (*kgo.Client, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kafka == nil {
		return nil, errors.New("the cluster is stopped")
	}
	if c.writer == nil {
		client, err := kgo.NewClient(c.clientOptions()...)
		if err != nil {
			return nil, fmt.Errorf("making a writer: %w", err)
		}
		c.writer = client
	}
	return c.writer, nil
}

func (c *Cluster) clientOptions() []kgo.Opt {
	return append([]kgo.Opt{kgo.SeedBrokers(c.Addresses()...), kgo.RecordPartitioner(named{kgo.StickyKeyPartitioner(nil)}), kgo.DisableClientMetrics(),
		kgo.ProducerBatchMaxBytes(64 << 20), kgo.MetadataMinAge(50 * time.Millisecond), kgo.ProducerLinger(0)}, c.options.Client...)
}

// named takes the partition a record names, and else asks another partitioner.
type named struct{ kgo.Partitioner }

func (n named) ForTopic(topic string) kgo.TopicPartitioner {
	return namedTopic{n.Partitioner.ForTopic(topic)}
}

type namedTopic struct{ kgo.TopicPartitioner }

func (n namedTopic) RequiresConsistency(*kgo.Record) bool { return true }

func (n namedTopic) Partition(r *kgo.Record, count int) int {
	if r.Partition >= 0 {
		return int(r.Partition)
	}
	return n.TopicPartitioner.Partition(r, count)
}

func kafkaRecords(records []Record) []*kgo.Record {
	out := make([]*kgo.Record, len(records))
	for i, r := range records {
		out[i] = &kgo.Record{Topic: r.Topic, Partition: r.Partition, Key: r.Key, Value: r.Value, Headers: r.Headers, Timestamp: r.At}
	}
	return out
}
