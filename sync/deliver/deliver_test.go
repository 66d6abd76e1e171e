package deliver

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/model"
)

type destination func(connect.Batch) ([]connect.Outcome, error)

func (d destination) Deliver(_ context.Context, b connect.Batch) ([]connect.Outcome, error) {
	return d(b)
}
func (d destination) Close() error { return nil }

func TestScrub(t *testing.T) {
	op := connect.Operation{Key: "100", Fields: model.Fields{
		{Name: "email", Value: model.Text("Ann.O'Brien@Example.com")},
		{Name: "firstname", Value: model.Text("Ann")},
		{Name: "phone", Value: model.Text("0049171")},
	}}
	cases := map[string]string{
		"Ann.O'Brien@Example.com is not valid":    "‹email› is not valid",
		"ann.o'brien@example.com exists":          "‹email› exists",
		"record 100 of 1000: channel of Ann":      "record ‹key› of 1000: channel of ‹firstname›",
		"other@person.example was merged":         "‹e-mail› was merged",
		"tel:0049171x":                            "tel:‹phone›x",
		"Required fields are missing: [LastName]": "Required fields are missing: [LastName]",
	}
	for message, want := range cases {
		if got := Scrub(message, op); got != want {
			t.Errorf("Scrub(%q) = %q, want %q", message, got, want)
		}
	}
}

func TestWaitKeepsTheDestinationsWord(t *testing.T) {
	cases := []struct {
		asked    time.Duration
		attempt  int
		min, max time.Duration
	}{
		{0, 1, 250 * time.Millisecond, 300 * time.Millisecond},
		{0, 4, 2 * time.Second, 2400 * time.Millisecond},
		{0, 99, 5 * time.Minute, 6 * time.Minute},
		{3 * time.Second, 9, 3 * time.Second, 4 * time.Second},
		{time.Nanosecond, 1, ShortestWait, 2 * ShortestWait},
		{1000 * time.Hour, 1, 24 * time.Hour, 29 * time.Hour},
		{-time.Second, 1, 250 * time.Millisecond, 300 * time.Millisecond},
	}
	for _, c := range cases {
		for range 50 {
			if got := Wait(c.asked, c.attempt); got < c.min || got > c.max {
				t.Errorf("Wait(%s, %d) = %s, want %s to %s", c.asked, c.attempt, got, c.min, c.max)
			}
		}
	}
}

// TestJudge: whatever a connector does wrong, no row becomes a success by it (G4).
func TestJudge(t *testing.T) {
	cases := map[string]destination{
		"fewer answers than rows": func(connect.Batch) ([]connect.Outcome, error) { return make([]connect.Outcome, 1), nil },
		"an error of its own":     func(connect.Batch) ([]connect.Outcome, error) { return nil, errors.New("boom") },
		"both":                    func(connect.Batch) ([]connect.Outcome, error) { return make([]connect.Outcome, 2), errors.New("boom") },
	}
	for name, d := range cases {
		lane := NewLane(connect.Limits{})
		a := lane.Call(t.Context(), d, connect.Batch{Ops: make([]connect.Operation, 2)}, nil)
		if a.Err == nil || a.Err.Class != connect.Lost || a.Outcomes != nil {
			t.Errorf("%s: got %+v, want every row unknown", name, a)
		}
	}
}

func TestBudgetHoldsInEveryWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lane := NewLane(connect.Limits{Calls: 20, Per: 10 * time.Second, Concurrency: 8})
		var times []time.Time
		ok := destination(func(b connect.Batch) ([]connect.Outcome, error) {
			times = append(times, time.Now())
			return make([]connect.Outcome, len(b.Ops)), nil
		})
		for range 100 {
			lane.Call(t.Context(), ok, connect.Batch{}, nil)
		}
		for i := range times {
			n := 0
			for j := i; j < len(times) && times[j].Sub(times[i]) < 10*time.Second; j++ {
				n++
			}
			if n > 20 {
				t.Fatalf("%d calls in a window of 10 s, allowed 20", n)
			}
		}
		if total := times[len(times)-1].Sub(times[0]); total > 60*time.Second {
			t.Errorf("100 calls took %s: the budget is not used", total)
		}
	})
}

// TestEveryCallOfADeliveryTakesItsTurn: a batch that takes three calls costs three of the budget.
func TestEveryCallOfADeliveryTakesItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, calls := time.Now(), 0
		lane := NewLane(connect.Limits{Calls: 10, Per: 10 * time.Second})
		for range 5 {
			lane.Call(t.Context(), threefold{&calls}, connect.Batch{}, nil)
		}
		if spent := time.Since(began); calls != 15 || spent < 14*time.Second {
			t.Errorf("%d calls were made in %s, allowed 10 in 10 s", calls, spent)
		}
	})
}

// threefold makes three calls for every batch.
type threefold struct{ calls *int }

func (d threefold) Deliver(ctx context.Context, b connect.Batch) ([]connect.Outcome, error) {
	for range 3 {
		if err := connect.Turn(ctx); err != nil {
			return nil, err
		}
		*d.calls++
	}
	return make([]connect.Outcome, len(b.Ops)), nil
}

func (threefold) Close() error { return nil }

func TestThrottleBlocksTheWholeAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var lanes Lanes
		lane := lanes.For("portal-1", connect.Limits{})
		throttled := destination(func(connect.Batch) ([]connect.Outcome, error) {
			return nil, &connect.CallError{Class: connect.Throttled, After: 30 * time.Second}
		})
		lane.Call(t.Context(), throttled, connect.Batch{}, nil)
		at, why := lanes.For("portal-1", connect.Limits{}).Ready(time.Now())
		if wait := time.Until(at); wait < 30*time.Second || wait > 36*time.Second || why == "" {
			t.Errorf("the account is ready in %s (%q), want at least the 30 s asked for", wait, why)
		}
		if at, _ := lanes.For("portal-2", connect.Limits{}).Ready(time.Now()); !at.IsZero() {
			t.Error("another account was blocked too")
		}
	})
}

func TestBreakerOpensAndClosesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lane := NewLane(connect.Limits{})
		dead := destination(func(connect.Batch) ([]connect.Outcome, error) {
			return nil, &connect.CallError{Class: connect.NotSent}
		})
		for range breakerFailures {
			lane.Call(t.Context(), dead, connect.Batch{}, nil)
		}
		at, _ := lane.Ready(time.Now())
		if at.IsZero() {
			t.Fatal("five failures in a row did not open the breaker")
		}
		time.Sleep(time.Until(at))
		lane.Call(t.Context(), dead, connect.Batch{}, nil)
		again, _ := lane.Ready(time.Now())
		if time.Until(again) <= 5*time.Second {
			t.Errorf("still dead, and tried again after only %s", time.Until(again))
		}
		time.Sleep(time.Until(again))
		alive := destination(func(b connect.Batch) ([]connect.Outcome, error) { return make([]connect.Outcome, len(b.Ops)), nil })
		lane.Call(t.Context(), alive, connect.Batch{}, nil)
		if at, _ := lane.Ready(time.Now()); !at.IsZero() {
			t.Error("an answer did not close the breaker")
		}
	})
}

func TestJobTokenIsDurableBeforeTheHandIn(t *testing.T) {
	var order []string
	d := &jobs{order: &order}
	job := &Job{Keep: func(token string) error { order = append(order, "keep "+token); return nil }}
	NewLane(connect.Limits{}).Call(t.Context(), d, connect.Batch{Ops: make([]connect.Operation, 1)}, job)
	if got := strings.Join(order, ", "); got != "begin, keep job-1, finish job-1" {
		t.Error(got)
	}
	order = nil
	NewLane(connect.Limits{}).Call(t.Context(), d, connect.Batch{Ops: make([]connect.Operation, 1)}, &Job{Token: "job-0"})
	if got := strings.Join(order, ", "); got != "finish job-0" {
		t.Errorf("a job that was begun before a restart: %s", got)
	}
}

type jobs struct {
	destination
	order *[]string
}

func (j *jobs) Begin(context.Context, connect.Batch) (string, error) {
	*j.order = append(*j.order, "begin")
	return "job-1", nil
}

func (j *jobs) Finish(_ context.Context, token string, b connect.Batch) ([]connect.Outcome, error) {
	*j.order = append(*j.order, "finish "+token)
	return make([]connect.Outcome, len(b.Ops)), nil
}
