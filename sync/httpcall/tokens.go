package httpcall

import (
	"context"
	"time"

	"github.com/freshet/freshet/sync/connect"
)

// TokenSource asks for a new access token; the zero time means that its end is not known.
type TokenSource func(ctx context.Context) (token connect.Secret, expires time.Time, err error)

const (
	// earlier is how long before its end a token is no longer handed out, so that none ends on its way; for
	// short-lived tokens it is a tenth of their life.
	earlier = time.Minute
	// settled is how long a failed renewal answers for the calls that were refused with the same token.
	settled = 5 * time.Second
)

// Tokens keeps one access token for all calls of a destination. It is safe for concurrent use.
type Tokens struct {
	source  TokenSource
	turn    chan struct{} // who has put a value in may use the fields below
	token   connect.Secret
	stale   time.Time // when to ask anew; zero: not before it is refused
	renewed time.Time // when the source last gave a token
	failed  time.Time // when it last gave an error
	err     error
}

// NewTokens keeps the tokens of a source; the first is asked for when it is needed.
func NewTokens(source TokenSource) *Tokens {
	return &Tokens{source: source, turn: make(chan struct{}, 1)}
}

// Get gives the token, asking for one where there is none or it ends soon. Errors are the source's own.
func (t *Tokens) Get(ctx context.Context) (connect.Secret, error) {
	if err := t.take(ctx); err != nil {
		return connect.Secret{}, err
	}
	defer t.give()
	if now := time.Now(); !t.token.Empty() && (t.stale.IsZero() || now.Before(t.stale)) {
		return t.token, nil
	}
	return t.renew(ctx)
}

// Refresh is called when old was refused, and gives another token. However many calls were refused with the same
// one, the source is asked once, and all of them share its answer, be it an error.
func (t *Tokens) Refresh(ctx context.Context, old connect.Secret) (connect.Secret, error) {
	asked := time.Now()
	if err := t.take(ctx); err != nil {
		return connect.Secret{}, err
	}
	defer t.give()
	if !t.token.Empty() && (t.token != old || t.renewed.After(asked)) {
		return t.token, nil
	}
	return t.renew(ctx)
}

// renew asks the source; the caller has the turn.
func (t *Tokens) renew(ctx context.Context) (connect.Secret, error) {
	if t.err != nil && time.Since(t.failed) < settled {
		return connect.Secret{}, t.err
	}
	token, expires, err := t.source(ctx)
	now := time.Now()
	if err != nil {
		t.err = nil
		if ctx.Err() == nil { // a caller that gave up says nothing about the others
			t.err, t.failed = err, now
		}
		return connect.Secret{}, err
	}
	t.token, t.renewed, t.err = token, now, nil
	t.stale = time.Time{}
	if !expires.IsZero() {
		t.stale = expires.Add(-min(earlier, expires.Sub(now)/10))
	}
	return token, nil
}

func (t *Tokens) take(ctx context.Context) error {
	select {
	case t.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return &connect.CallError{Class: connect.NotSent, Code: "canceled", Message: "the call was stopped", Err: ctx.Err()}
	}
}

func (t *Tokens) give() { <-t.turn }
