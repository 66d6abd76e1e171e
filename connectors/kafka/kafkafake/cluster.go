package kafkafake

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Options say what a cluster is like. The zero Options are one broker on a free port that forgets everything.
type Options struct {
	Brokers int         // how many; 0: one
	Port    int         // of the first broker, the others follow; 0: free ports
	Dir     string      // keeps what is written, so that the cluster can be stopped and started; "": memory
	Kafka   []kfake.Opt // further options of the library: TLS, users, ACLs, versions
	Client  []kgo.Opt   // how Write reaches the brokers where they want TLS or a sign-in
}

// Cluster is a running Kafka cluster.
type Cluster struct {
	options Options
	ports   []int

	mu     sync.Mutex
	kafka  *kfake.Cluster
	writer *kgo.Client
}

// Start starts a cluster. Close it.
func Start(o Options) (*Cluster, error) {
	c := &Cluster{options: o}
	for i := range max(o.Brokers, 1) {
		port := 0
		if o.Port > 0 {
			port = o.Port + i
		}
		c.ports = append(c.ports, port)
	}
	return c, c.Begin()
}

// Begin starts a cluster that was stopped, at the addresses it had. What is in Options.Dir is there again.
func (c *Cluster) Begin() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kafka != nil {
		return errors.New("the cluster runs already")
	}
	opts := append([]kfake.Opt{kfake.Ports(c.ports...), kfake.DefaultNumPartitions(1), kfake.GroupMinSessionTimeout(0)}, c.options.Kafka...)
	if c.options.Dir != "" {
		opts = append(opts, kfake.DataDir(c.options.Dir))
	}
	kafka, err := kfake.NewCluster(opts...)
	if err != nil {
		return fmt.Errorf("starting the brokers: %w", err)
	}
	for i, address := range kafka.ListenAddrs() {
		_, port, err := net.SplitHostPort(address)
		if err != nil {
			kafka.Close()
			return fmt.Errorf("reading a broker's address: %w", err)
		}
		c.ports[i], _ = strconv.Atoi(port)
	}
	c.kafka = kafka
	return nil
}

// Use replaces Options.Kafka for the next Begin.
func (c *Cluster) Use(opts ...kfake.Opt) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.options.Kafka = opts
}

// Stop ends the brokers; their addresses stay theirs for Begin.
func (c *Cluster) Stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.writer != nil {
		c.writer.Close()
		c.writer = nil
	}
	if c.kafka != nil {
		c.kafka.Close()
		c.kafka = nil
	}
}

// Close ends the cluster.
func (c *Cluster) Close() { c.Stop() }

// Addresses are where the brokers are, as a source's setting wants them.
func (c *Cluster) Addresses() []string {
	out := make([]string, len(c.ports))
	for i, p := range c.ports {
		out[i] = net.JoinHostPort("127.0.0.1", strconv.Itoa(p))
	}
	return out
}

// Kafka is the library's cluster, for faults and controls; nil while it is stopped.
func (c *Cluster) Kafka() *kfake.Cluster {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.kafka
}
