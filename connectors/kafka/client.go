package kafka

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/sasl"
)

// access is how the brokers are reached.
type access struct {
	brokers []string
	tls     *tls.Config
	sasl    sasl.Mechanism
	timeout time.Duration
}

// options are those of every client, whatever it is for.
func (a access) options(ctx context.Context, doors *doors) []kgo.Opt {
	opts := []kgo.Opt{
		kgo.WithContext(ctx),
		kgo.ClientID("freshet"),
		kgo.SoftwareNameAndVersion("freshet", "1"),
		kgo.SeedBrokers(a.brokers...),
		kgo.DialTimeout(a.timeout),
		kgo.RequestTimeoutOverhead(a.timeout),
		kgo.RetryTimeout(a.timeout),
		kgo.DisableClientMetrics(),
		kgo.WithHooks(doors),
	}
	if a.tls != nil {
		opts = append(opts, kgo.DialTLSConfig(a.tls.Clone()))
	}
	if a.sasl != nil {
		opts = append(opts, kgo.SASL(a.sasl))
	}
	return opts
}

// doors remembers why the last connection did not come about: a request that was repeated until its time ran out says
// only that.
type doors struct {
	failed func() // told of every connection that did not come about; may be nil

	mu     sync.Mutex
	last   error
	signIn bool // the last sign-in was cut off by the broker
}

// errSignIn is a broker that breaks off while we sign in, instead of saying that it refuses us.
var errSignIn = errors.New("the broker broke off the sign-in")

// OnBrokerE2E is called by the library for every question and its answer.
func (d *doors) OnBrokerE2E(_ kgo.BrokerMetadata, key int16, call kgo.BrokerE2E) {
	if key == kmsg.SASLAuthenticate.Int16() || key == kmsg.SASLHandshake.Int16() {
		d.mu.Lock()
		d.signIn = call.Err() != nil && !errors.Is(call.Err(), context.Canceled)
		d.mu.Unlock()
	}
}

// OnBrokerConnect is called by the library for every attempt.
func (d *doors) OnBrokerConnect(_ kgo.BrokerMetadata, _ time.Duration, _ net.Conn, err error) {
	if errors.Is(err, context.Canceled) || errors.Is(err, kgo.ErrClientClosed) {
		return
	}
	d.mu.Lock()
	d.last = err
	if err != nil && d.signIn && codeOf(err) == nil {
		d.last = errSignIn
	}
	d.signIn = false
	d.mu.Unlock()
	if err != nil && d.failed != nil {
		d.failed()
	}
}

// reason is err, or what kept the door shut where err only says that time ran out.
func (d *doors) reason(err error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.last != nil && (errors.Is(err, context.DeadlineExceeded) || codeOf(err) == nil) {
		return d.last
	}
	return err
}
