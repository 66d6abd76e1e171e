package run

import (
	"context"
	"time"

	"github.com/freshet/freshet/sync/batch"
	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/deliver"
	"github.com/freshet/freshet/sync/ledger"
	"github.com/freshet/freshet/sync/plan"
)

// make carries one call from its intent to its outcome.
// Guarantee G1: the intent is durable before the first byte leaves.
//
// A call that an earlier process left open, and that may not simply be repeated, is read back first. Guarantee G3.
func (x *execution) make(ctx context.Context, c *call) result {
	if !c.seen && c.Token == "" && !x.repeatable(connect.Verb(c.Verb)) {
		return x.settle(ctx, c, x.readBack(ctx, c, &connect.CallError{Class: connect.Lost, Code: "run.left_open",
			Message: "the process ended while the call was under way"}))
	}
	c.Attempt++
	c.State, c.IntendedAt = ledger.CallOpen, time.Now()
	if err := x.runner.Ledger.Intend(context.WithoutCancel(ctx), c.Call); err != nil {
		return result{err: err}
	}
	answer := x.lane.Call(ctx, x.job.Destination, x.batch(c), x.jobOf(ctx, c))
	x.called(answer)
	if answer.Stopped {
		return x.later(ctx, c, &connect.CallError{Class: connect.NotSent, Code: "run.stopped"}, 0)
	}
	var r result
	if answer.Err != nil {
		r = x.failed(ctx, c, answer.Err)
	} else {
		r = x.settle(ctx, c, answer.Outcomes)
	}
	r.count.calls++
	return r
}

// batch is the call as the connector sees it.
func (x *execution) batch(c *call) connect.Batch {
	ops := make([]connect.Operation, len(c.items))
	for i, item := range c.items {
		ops[i] = operation(item.Step)
	}
	return connect.Batch{ID: c.ID, Sync: x.job.Sync.Name, Object: x.job.Sync.Object, Verb: connect.Verb(c.Verb),
		Attempt: c.Attempt, Ops: ops}
}

func operation(s *plan.Step) connect.Operation {
	return connect.Operation{Key: s.Key, Match: s.Match, PriorMatch: s.PriorMatch, RemoteID: s.RemoteID, Fields: s.Fields,
		Version: s.Version}
}

func (x *execution) jobOf(ctx context.Context, c *call) *deliver.Job {
	if !c.job {
		return nil
	}
	return &deliver.Job{Token: c.Token, Keep: func(token string) error {
		c.Token = token
		return x.runner.Ledger.SetToken(context.WithoutCancel(ctx), c.ID, token)
	}}
}

// failed deals with a call that failed as a whole.
func (x *execution) failed(ctx context.Context, c *call, e *connect.CallError) result {
	c.Status, c.RequestID = e.Status, e.RequestID
	switch e.Class {
	case connect.Refused, connect.TooLarge:
		if len(c.items) == 1 {
			r := x.settle(ctx, c, []connect.Outcome{{Verdict: connect.Rejected, Code: e.Code, Message: e.Message, RequestID: e.RequestID}})
			r.lone = true
			return r
		}
		return x.halve(ctx, c)
	case connect.Unauthorized, connect.Forbidden, connect.Gone:
		r := x.later(ctx, c, e, 0)
		r.halt = e
		return r
	case connect.Throttled:
		return x.throttled(ctx, c, e)
	case connect.NotSent:
		return x.later(ctx, c, e, deliver.Wait(0, c.Attempt))
	default:
		return x.lost(ctx, c, e)
	}
}

// halve splits a batch that was refused without a word on which row was at fault.
func (x *execution) halve(ctx context.Context, c *call) result {
	if err := x.runner.Ledger.Abandon(context.WithoutCancel(ctx), x.ref, c.ID, "run.halved", nil); err != nil {
		return result{err: err}
	}
	middle := len(c.items) / 2
	first, second := x.newCall(c.items[:middle], c.Attempt, c.job), x.newCall(c.items[middle:], c.Attempt, c.job)
	return result{again: []*call{first, second}}
}

// later puts a call off that is known not to have been applied; one with an earlier attempt that nobody saw the end of
// stays open.
func (x *execution) later(ctx context.Context, c *call, e *connect.CallError, wait time.Duration) result {
	c.NotBefore, c.Code, c.Message = time.Now().Add(wait), code(e), e.Message
	note := x.runner.Ledger.Await
	if c.seen {
		c.State, note = ledger.CallDeferred, x.runner.Ledger.Defer
	}
	err := note(context.WithoutCancel(ctx), c.ID, c.NotBefore, c.Code, c.Message)
	return result{again: []*call{c}, err: err}
}

// throttled puts a call off and makes the destination's word durable for the whole account. Guarantee G17.
func (x *execution) throttled(ctx context.Context, c *call, e *connect.CallError) result {
	wait := deliver.Wait(e.After, c.Attempt)
	until := time.Now().Add(wait)
	err := x.runner.Ledger.Block(context.WithoutCancel(ctx), x.job.Account, until, "the destination asked us to wait")
	if err != nil {
		return result{err: err}
	}
	return x.later(ctx, c, e, wait)
}

// lost keeps a call open whose outcome nobody saw. Where repeating is harmless it goes again under the same name.
// A job whose name is known is asked again, not handed in again.
func (x *execution) lost(ctx context.Context, c *call, e *connect.CallError) result {
	c.seen = false
	if c.Token == "" && !x.repeatable(connect.Verb(c.Verb)) {
		return x.settle(ctx, c, x.readBack(ctx, c, e))
	}
	c.NotBefore = time.Now().Add(deliver.Wait(e.After, c.Attempt))
	c.Code, c.Message = code(e), e.Message
	err := x.runner.Ledger.Await(context.WithoutCancel(ctx), c.ID, c.NotBefore, code(e), e.Message)
	return result{again: []*call{c}, err: err}
}

func code(e *connect.CallError) string {
	if e.Code != "" {
		return e.Code
	}
	return "call." + e.Class.String()
}

// guarantee is the class of the object's verb.
func (x *execution) guarantee(v connect.Verb) connect.Guarantee {
	for _, a := range x.job.Object.Verbs {
		if a.Verb == v {
			return a.Guarantee
		}
	}
	return connect.NoGuarantee
}

// repeatable says whether repeating after an unknown outcome is harmless: classes A and B. Guarantee G3.
func (x *execution) repeatable(v connect.Verb) bool {
	g := x.guarantee(v)
	return g == connect.A || g == connect.B
}

// readBack asks the destination what a lost call did, where it can be asked: what is there was accepted, what is not
// there was not applied. Where it cannot be asked every row stays unknown.
func (x *execution) readBack(ctx context.Context, c *call, e *connect.CallError) []connect.Outcome {
	outcomes := make([]connect.Outcome, len(c.items))
	for i := range outcomes {
		outcomes[i] = connect.Outcome{Code: code(e), Message: e.Message, RequestID: e.RequestID}
	}
	reader, ok := x.job.Destination.(connect.Reader)
	if !ok || x.guarantee(connect.Verb(c.Verb)) != connect.C {
		return outcomes
	}
	lookups := make([]connect.Lookup, len(c.items))
	for i, item := range c.items {
		lookups[i] = connect.Lookup{Key: item.Step.Key, Match: item.Step.Match, RemoteID: item.Step.RemoteID}
	}
	found, err := reader.Read(ctx, x.job.Sync.Object, lookups, nil)
	if err != nil || len(found) != len(outcomes) {
		return outcomes
	}
	leaving := connect.Verb(c.Verb).Leaving()
	for i, f := range found {
		outcomes[i].Verdict, outcomes[i].RemoteID = connect.Retry, f.RemoteID
		if f.Exists != leaving {
			outcomes[i].Verdict = connect.Accepted
		}
	}
	return outcomes
}

// repack makes calls of rows that must go again, within the limits for so many.
func (x *execution) repack(items []batch.Item, attempt int, notBefore time.Time, state ledger.CallState) []*call {
	if len(items) == 0 {
		return nil
	}
	limits := limitsFor(x.job, items[0].Step.Verb, int64(len(items)))
	packer := batch.NewPacker(limits)
	var calls []*call
	add := func(full []batch.Item) {
		if full == nil {
			return
		}
		c := x.newCall(full, attempt, limits.Job)
		c.NotBefore, c.State, c.seen = notBefore, state, state != ledger.CallOpen
		calls = append(calls, c)
	}
	for _, item := range items {
		add(packer.Add(item.Ord, item.Step))
	}
	add(packer.Flush())
	return calls
}
