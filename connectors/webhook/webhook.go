package webhook

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/httpcall"
)

// receiver is a destination: one address with its secret and limits.
type receiver struct {
	client *httpcall.Client
	url    string
	key    []byte      // nil: calls are not signed
	extra  http.Header // values are secrets
	limits connect.Limits
}

func open(_ context.Context, s connect.Settings) (connect.Destination, error) {
	if err := checkURL(s.Text("url")); err != nil {
		return nil, err
	}
	key, err := httpcall.SigningKey(s.Secret("secret"), "webhook.bad_secret")
	if err != nil {
		return nil, err
	}
	extra, err := extraHeaders(s.Map("headers"))
	if err != nil {
		return nil, err
	}
	client, err := httpcall.New(httpcall.Options{Timeout: orElse(s.Duration("timeout"), defaultTimeout), CAFile: s.Text("ca_file")})
	if err != nil {
		return nil, err
	}
	return &receiver{client: client, url: s.Text("url"), key: key, extra: extra, limits: limits(s)}, nil
}

func limits(s connect.Settings) connect.Limits {
	l := connect.Limits{
		Rows:        orElse(s.Integer("batch_size"), defaultRows),
		Bytes:       orElse(s.Integer("batch_bytes"), defaultBytes),
		Overhead:    overhead,
		Concurrency: orElse(s.Integer("concurrency"), defaultConcurrency),
	}
	if rate := s.Integer("rate"); rate > 0 {
		l.Calls, l.Per = rate, time.Second
	}
	return l
}

func orElse[N int | time.Duration](n, standard N) N {
	if n <= 0 {
		return standard
	}
	return n
}

// Limits are the settings', the same for every object and verb.
func (r *receiver) Limits(string, connect.Verb, int) connect.Limits { return r.limits }

// Deliver makes one call.
func (r *receiver) Deliver(ctx context.Context, batch connect.Batch) ([]connect.Outcome, error) {
	if len(batch.Ops) == 0 {
		return nil, nil
	}
	if err := r.check(batch); err != nil {
		return nil, err
	}
	body := appendBody(make([]byte, 0, 256+256*len(batch.Ops)), batch)
	reply, err := r.client.Do(ctx, httpcall.Request{Method: http.MethodPost, URL: r.url, Body: body,
		ContentType: "application/json", Header: r.header(string(batch.ID), time.Now(), body)})
	if err != nil {
		return nil, err
	}
	if err := refusal(reply, batch.Attempt); err != nil {
		return nil, err
	}
	return outcomes(reply, batch.Ops)
}

func (r *receiver) check(batch connect.Batch) error {
	if opening(batch.Verb) == "" {
		return &connect.CallError{Class: connect.Refused, Code: "webhook.no_verb",
			Message: fmt.Sprintf("a webhook does not take the operation %q", batch.Verb)}
	}
	if len(batch.Ops) > r.limits.Rows {
		return &connect.CallError{Class: connect.TooLarge, Code: "webhook.too_many_records",
			Message: fmt.Sprintf("a call carries %d records at most, not %d", r.limits.Rows, len(batch.Ops))}
	}
	return nil
}

func (r *receiver) header(id string, at time.Time, body []byte) http.Header {
	h := make(http.Header, len(r.extra)+6)
	for name, values := range r.extra {
		h[name] = values
	}
	h.Set("Accept", "application/json")
	h.Set("Webhook-Id", id)
	h.Set("Idempotency-Key", id)
	h.Set("Webhook-Timestamp", strconv.FormatInt(at.Unix(), 10))
	if r.key != nil {
		h.Set("Webhook-Signature", httpcall.Sign(r.key, id, at, body))
	}
	return h
}

// Close lets go of the connections.
func (r *receiver) Close() error {
	r.client.Close()
	return nil
}
