package httpcall

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
)

// progress knows whether the request can have left this machine.
type progress struct{ sent atomic.Bool }

// watch follows a call. The library may take a second connection for a request of which nothing was written on the
// first, so asking for a connection starts anew. Without its headers whole a request cannot be acted on.
func (p *progress) watch(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn:      func(string) { p.sent.Store(false) },
		WroteHeaders: func() { p.sent.Store(true) },
	})
}

// retryDialOnly repeats a call only where no connection was opened: anything later may have been applied.
func retryDialOnly(ctx context.Context, _ *http.Response, err error) (bool, error) {
	if err == nil || ctx.Err() != nil {
		return false, nil
	}
	var operation *net.OpError
	return errors.As(err, &operation) && operation.Op == "dial", nil
}

// unreplayable copies the headers such that net/http sees no permission in them to send the request again: it takes
// the canonical spelling of an idempotency key as one, and would repeat a request that was written, unseen by the
// ledger. Header names are read without regard to case, so the receiver sees the same header.
func unreplayable(h http.Header) http.Header {
	out := make(http.Header, len(h)+2)
	for name, values := range h {
		switch name {
		case "Idempotency-Key":
			name = "idempotency-key"
		case "X-Idempotency-Key":
			name = "x-idempotency-key"
		}
		out[name] = values
	}
	return out
}
