package httpcall_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/httpcall"
)

// counted gives tokens t1, t2, … that live so long; each takes a moment to get.
func counted(calls *atomic.Int64, life time.Duration) httpcall.TokenSource {
	return func(context.Context) (connect.Secret, time.Time, error) {
		n := calls.Add(1)
		time.Sleep(10 * time.Millisecond)
		return connect.NewSecret("t" + strconv.FormatInt(n, 10)), time.Now().Add(life), nil
	}
}

func TestTokensAreRenewedOnceForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int64
		tokens := httpcall.NewTokens(counted(&calls, time.Hour))
		old, err := tokens.Get(t.Context())
		if err != nil || old.Reveal() != "t1" {
			t.Fatal(old.Reveal(), err)
		}
		var group sync.WaitGroup
		for range 50 {
			group.Go(func() {
				if got, err := tokens.Refresh(t.Context(), old); err != nil || got.Reveal() != "t2" {
					t.Errorf("got %s %v, want t2", got.Reveal(), err)
				}
			})
		}
		group.Wait()
		if got, _ := tokens.Refresh(t.Context(), old); got.Reveal() != "t2" {
			t.Errorf("a late refusal of the old token got %s, want t2", got.Reveal())
		}
		if n := calls.Load(); n != 2 {
			t.Errorf("the source was asked %d times, want 2", n)
		}
	})
}

func TestTokensAreRenewedBeforeTheyEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int64
		tokens := httpcall.NewTokens(counted(&calls, 30*time.Minute))
		for _, step := range []struct {
			wait time.Duration
			want string
		}{{0, "t1"}, {28 * time.Minute, "t1"}, {90 * time.Second, "t2"}} {
			time.Sleep(step.wait)
			if got, err := tokens.Get(t.Context()); err != nil || got.Reveal() != step.want {
				t.Errorf("after %v got %s %v, want %s", step.wait, got.Reveal(), err, step.want)
			}
		}
	})
}

func TestAFailedRenewalIsSharedAndPasses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int64
		broken := &connect.CallError{Class: connect.Unauthorized}
		tokens := httpcall.NewTokens(func(context.Context) (connect.Secret, time.Time, error) {
			if n := calls.Add(1); n != 2 {
				return connect.NewSecret("t" + strconv.FormatInt(n, 10)), time.Time{}, nil
			}
			time.Sleep(time.Second)
			return connect.Secret{}, time.Time{}, broken
		})
		old, _ := tokens.Get(t.Context())
		var group sync.WaitGroup
		for range 20 {
			group.Go(func() {
				if _, err := tokens.Refresh(t.Context(), old); !errors.Is(err, broken) {
					t.Errorf("got %v, want the source's error", err)
				}
			})
		}
		group.Wait()
		if n := calls.Load(); n != 2 {
			t.Errorf("the source was asked %d times, want 2", n)
		}
		time.Sleep(time.Minute)
		if got, err := tokens.Refresh(t.Context(), old); err != nil || got.Reveal() != "t3" {
			t.Errorf("a minute later got %s %v, want t3", got.Reveal(), err)
		}
	})
}

func TestAWaiterThatGivesUpDoesNotSpoilTheRenewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int64
		tokens := httpcall.NewTokens(counted(&calls, time.Hour))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := tokens.Get(ctx); err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		if _, err := tokens.Get(t.Context()); err != nil {
			t.Errorf("the next caller got %v", err)
		}
	})
}
