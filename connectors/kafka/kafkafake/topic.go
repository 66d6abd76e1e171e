package kafkafake

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
)

var errStopped = errors.New("the cluster is stopped")

// Create makes a topic. Settings are Kafka's own, as in cleanup.policy.
func (c *Cluster) Create(topic string, partitions int, settings map[string]string) error {
	return c.with("making the topic", func(k *kfake.Cluster) error { return k.CreateTopic(topic, int32(partitions), settings) })
}

// Recreate deletes a topic and makes another of that name: it has another id, and its offsets begin anew.
func (c *Cluster) Recreate(topic string, partitions int) error {
	c.mu.Lock()
	if c.writer != nil { // it would go on with the old id
		c.writer.PurgeTopicsFromClient(topic)
	}
	c.mu.Unlock()
	return c.with("making the topic again", func(k *kfake.Cluster) error {
		if err := k.DeleteTopic(topic); err != nil {
			return err
		}
		return k.CreateTopic(topic, int32(partitions), nil)
	})
}

// Widen gives a topic more partitions: n in all.
func (c *Cluster) Widen(ctx context.Context, topic string, n int) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	answers, err := kadm.NewClient(client).UpdatePartitions(ctx, n, topic)
	if err == nil {
		err = answers.Error()
	}
	if err != nil {
		return fmt.Errorf("adding partitions: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writer.Close() // it learns of new partitions late; the next one sees them
	c.writer = nil
	return nil
}

// Expire removes what stands before an offset, as retention does.
func (c *Cluster) Expire(topic string, partition int32, before int64) error {
	return c.with("removing records", func(k *kfake.Cluster) error { return k.DeleteRecords(topic, partition, before) })
}

// Committed is what a group has committed for a partition; ok is false where it has nothing.
func (c *Cluster) Committed(group, topic string, partition int32) (offset int64, metadata string, ok bool) {
	k := c.Kafka()
	if k == nil {
		return 0, "", false
	}
	info := k.GroupInfo(group)
	if info == nil {
		return 0, "", false
	}
	commit, ok := info.Commits[topic][partition]
	return commit.Offset, commit.Metadata, ok
}

// Members counts the members of a group.
func (c *Cluster) Members(group string) int {
	if k := c.Kafka(); k != nil {
		if info := k.GroupInfo(group); info != nil {
			return len(info.Members)
		}
	}
	return 0
}

func (c *Cluster) with(what string, do func(*kfake.Cluster) error) error {
	k := c.Kafka()
	if k == nil {
		return errStopped
	}
	if err := do(k); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
