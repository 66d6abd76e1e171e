package run

import (
	"container/heap"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strconv"
	"time"

	"github.com/freshet/freshet/sync/batch"
	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/deliver"
	"github.com/freshet/freshet/sync/ledger"
	"github.com/freshet/freshet/sync/model"
	"github.com/freshet/freshet/sync/plan"
)

// execution carries one plan out. One goroutine, the loop, decides what goes next and counts; each call has a
// goroutine of its own that ends by handing its result to the loop.
type execution struct {
	runner *Runner
	job    Job
	file   *planFile
	sum    plan.Summary
	id     model.RunID
	ref    ledger.SyncRef
	shape  uint32
	lane   *deliver.Lane
	wait   time.Duration // longest the run may idle for retries without a row settled in between
	idled  time.Duration // how long it has
	began  time.Time
	since  time.Time // when the run began, by whichever process

	resumed bool // an earlier process began it

	tally   tally
	covered covered // ordinals that calls of this run have taken already
	retries retries
	results chan result
	flying  int
	halt    *connect.CallError // why no further call makes sense
	refused int                // rows refused one by one since the last that was taken
	salt    int                // calls made before a restart: later ones get names of their own
}

// call is some steps of the plan on their way: a batch and its place in the ledger.
type call struct {
	ledger.Call
	items []batch.Item
	job   bool // delivered through connect.Jobs
	seen  bool // false once an attempt was made whose outcome nobody saw
}

// result is what one call came to: settled, and what of it must go out again.
type result struct {
	count tally
	again []*call // not applied or unknown: to be sent again, each not before its time
	halt  *connect.CallError
	taken bool // at least one row was accepted
	lone  bool // a single row was refused
	err   error
}

// grace is how long calls under way may go on after the run was told to stop.
const grace = 20 * time.Second

// send makes every call of the plan: removals first, then writes. It returns when all is settled, or when what is
// left has to wait longer than it may, or when the context ends and the calls under way are settled.
func (x *execution) send(ctx context.Context) error {
	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(grace, stop) })()
	for _, leaving := range []bool{true, false} {
		if err := x.pass(ctx, working, leaving); err != nil {
			return err
		}
	}
	return nil
}

// pass sends the removals or the writes. They do not mix: a record that moves from one person to another must be
// freed before it is taken.
func (x *execution) pass(ctx, working context.Context, leaving bool) error {
	feed := x.feed(working, leaving)
	for {
		var next *call
		var wait time.Duration
		full := x.flying >= x.lane.Concurrency()
		if !full {
			next, wait = x.next(ctx, feed, leaving)
		}
		switch {
		case next != nil:
			x.fly(working, next)
			continue
		case x.flying == 0 && wait == 0:
			return feed.close()
		}
		if err := x.land(ctx, wait); err != nil {
			return errors.Join(err, x.drain(), feed.close())
		}
	}
}

// next finds the call that may go now; nil with a wait where there is one that may go later, nil and 0 where nothing
// is left that this run may still do.
func (x *execution) next(ctx context.Context, feed *feed, leaving bool) (*call, time.Duration) {
	if ctx.Err() != nil || x.halt != nil {
		return nil, 0
	}
	now := time.Now()
	if ready, _ := x.lane.Ready(now); ready.After(now) {
		if !x.anythingLeft(feed) {
			return nil, 0
		}
		return nil, x.patience(ready.Sub(now))
	}
	if c := x.retries.due(now, leaving); c != nil {
		return c, 0
	}
	if c := feed.next(); c != nil {
		return c, 0
	}
	if at, ok := x.retries.first(leaving); ok {
		return nil, x.patience(at.Sub(now))
	}
	return nil, 0
}

func (x *execution) anythingLeft(feed *feed) bool {
	c := feed.next()
	if c != nil {
		feed.unread(c)
	}
	return c != nil || len(x.retries) > 0
}

// patience is the wait itself where it is bearable, else 0: the rest stays pending.
func (x *execution) patience(wait time.Duration) time.Duration {
	if x.idled+wait > x.wait {
		return 0
	}
	return max(wait, time.Millisecond)
}

// land takes the next result, or lets the wait pass.
func (x *execution) land(ctx context.Context, wait time.Duration) error {
	var alarm <-chan time.Time
	stopped := ctx.Done()
	if wait > 0 {
		x.runner.tell("waiting", x.tally.settled(), x.tally.steps)
		timer := time.NewTimer(wait)
		defer timer.Stop()
		alarm = timer.C
	}
	if ctx.Err() != nil {
		stopped = nil // told already: wait for what is under way
	}
	if x.flying == 0 && alarm == nil {
		return nil
	}
	select {
	case r := <-x.results:
		return x.take(r)
	case <-alarm:
		if x.flying == 0 {
			x.idled += wait
		}
	case <-stopped:
	}
	return nil
}

// take counts a result and queues what of it must go again.
func (x *execution) take(r result) error {
	x.flying--
	x.tally.add(r.count)
	x.runner.tell("sending", x.tally.settled(), x.tally.steps)
	for _, c := range r.again {
		heap.Push(&x.retries, c)
	}
	if r.halt != nil {
		x.halt = r.halt
	}
	switch {
	case r.taken:
		x.refused, x.idled = 0, 0
	case r.lone:
		x.refused++
	}
	if x.refused >= hopeless && x.halt == nil {
		x.halt = &connect.CallError{Class: connect.Refused, Code: "run.all_refused",
			Message: strconv.Itoa(hopeless) + " records in a row were refused one by one and none was taken"}
	}
	return r.err
}

// hopeless is how many rows may be refused one by one, none taken between them, before the run stops asking: halving
// every batch of a sync that can never succeed would make two calls a row.
const hopeless = 250

// drain waits for the calls under way.
func (x *execution) drain() error {
	var errs []error
	for x.flying > 0 {
		errs = append(errs, x.take(<-x.results))
	}
	return errors.Join(errs...)
}

func (x *execution) fly(ctx context.Context, c *call) {
	x.flying++
	go func() { x.results <- x.make(ctx, c) }()
}

// callID derives the idempotency key of a call from the plan and the steps it carries, so that the same operations
// always travel under the same name. Guarantee G3.
//
// salt and attempt tell apart calls that carry the same steps after an earlier call with them was closed.
func callID(plan string, salt, attempt int, rows []ledger.Range) model.CallID {
	h := sha256.New()
	h.Write([]byte(plan))
	h.Write([]byte("/" + strconv.Itoa(salt) + "/" + strconv.Itoa(attempt) + "/"))
	for _, r := range rows {
		h.Write(strconv.AppendInt(nil, r.From, 10))
		h.Write([]byte{'-'})
		h.Write(strconv.AppendInt(nil, r.To, 10))
		h.Write([]byte{','})
	}
	return model.CallID("call_" + hex.EncodeToString(h.Sum(nil)[:12]))
}

// newCall makes the call for some steps.
func (x *execution) newCall(items []batch.Item, attempt int, job bool) *call {
	rows := ranges(items)
	return &call{items: items, job: job, seen: true, Call: ledger.Call{ID: callID(x.sum.Hash, x.salt, attempt, rows), Run: x.id,
		Verb: uint8(items[0].Step.Verb), Rows: rows, Attempt: attempt}}
}

// ranges writes ordinals as ranges.
func ranges(items []batch.Item) []ledger.Range {
	var out []ledger.Range
	for _, item := range items {
		if n := len(out); n > 0 && out[n-1].To == item.Ord {
			out[n-1].To++
			continue
		}
		out = append(out, ledger.Range{From: item.Ord, To: item.Ord + 1})
	}
	return out
}
