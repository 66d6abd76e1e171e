package run

import (
	"context"
	"time"

	"github.com/freshet/freshet/sync/batch"
	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/deliver"
	"github.com/freshet/freshet/sync/ledger"
	"github.com/freshet/freshet/sync/model"
)

// settle makes the outcomes of a call durable and tells what must go again.
// Guarantee G2: a row is confirmed only by the destination's own answer for that row.
func (x *execution) settle(ctx context.Context, c *call, outcomes []connect.Outcome) result {
	now := time.Now()
	r := result{count: newTally()}
	var settlements []ledger.Settlement
	var taken []Confirmed
	var refused, unseen []batch.Item // to go again: known not to have been applied, and unknown
	var wait time.Duration
	c.Exceptions = nil
	for i, item := range c.items {
		o := c.ours(outcomes[i])
		o.Message = deliver.Scrub(o.Message, operation(item.Step))
		c.RequestID = first(c.RequestID, o.RequestID)
		fate := x.fate(item, o)
		r.count.row(fate, o)
		r.taken = r.taken || fate == delivered
		wait = max(wait, o.After)
		switch {
		case fate == goesAgain && o.Verdict == connect.Retry && c.seen:
			refused = append(refused, item)
		case fate == goesAgain:
			unseen = append(unseen, item) // and known as unknown from now on: the next call may never come
			settlements = append(settlements, x.settlement(item, o, unknown, now))
		default:
			s := x.settlement(item, o, fate, now)
			if s.State == model.Rejected && (!c.seen || item.Step.Cause == unseenCause) {
				s.State = model.Unknown // this attempt was refused; the one that nobody saw the end of may stand all the same
			}
			settlements = append(settlements, s)
			if fate == delivered {
				taken = append(taken, Confirmed{Kind: item.Step.Kind, Version: item.Step.Version})
			}
		}
		if o.Verdict != connect.Accepted || o.Code != "" {
			c.Exceptions = append(c.Exceptions, ledger.Exception{Ord: item.Ord, Verdict: uint8(o.Verdict),
				Effect: uint8(o.Effect), Code: o.Code, Message: o.Message, RemoteID: o.RemoteID})
		}
	}
	c.State, c.SettledAt = ledger.CallSettled, now
	if err := x.runner.Ledger.Settle(context.WithoutCancel(ctx), x.ref, c.Call, settlements); err != nil {
		return result{err: err}
	}
	x.confirmed(taken, now)
	then := now.Add(deliver.Wait(wait, c.Attempt))
	r.again = append(x.repack(refused, c.Attempt, then, ledger.CallDeferred), x.repack(unseen, c.Attempt, then, ledger.CallOpen)...)
	return r
}

// ours reads "there is one already" after an attempt nobody saw the end of: the record is the one that attempt made.
func (c *call) ours(o connect.Outcome) connect.Outcome {
	if o.Verdict == connect.Exists && !c.seen {
		o.Verdict, o.Code, o.Message = connect.Accepted, "", ""
	}
	return o
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// fate is what an outcome means for a row in this run.
type fate uint8

const (
	goesAgain fate = iota // not applied, or unknown and harmless to repeat
	delivered
	rejected
	filtered
	unknown // nobody can know, and repeating could double it
)

// fateOf reads a verdict for a verb: the table of docs/MODES.md.
func fateOf(verb connect.Verb, v connect.Verdict, repeatable bool) fate {
	switch {
	case v == connect.Accepted, v == connect.Missing && verb.Leaving():
		return delivered // what should not be there is not there
	case v == connect.Missing && verb == connect.Update, v == connect.Exists && verb == connect.Insert:
		return filtered // the mode says to leave it
	case v == connect.Rejected, v == connect.Missing, v == connect.Exists:
		return rejected
	case v == connect.Unknown && !repeatable:
		return unknown
	default:
		return goesAgain
	}
}

func (x *execution) fate(item batch.Item, o connect.Outcome) fate {
	return fateOf(item.Step.Verb, o.Verdict, x.repeatable(item.Step.Verb))
}

// settlement is what the ledger remembers of a row from now on.
func (x *execution) settlement(item batch.Item, o connect.Outcome, f fate, at time.Time) ledger.Settlement {
	s := item.Step
	out := ledger.Settlement{Key: s.Key, Shape: x.shape, RowHash: s.RowHash, Run: x.id, At: at, Code: o.Code,
		Message: o.Message, Match: s.Match, RemoteID: first(o.RemoteID, s.RemoteID), Origin: origin(s.Origin, o.Effect)}
	switch {
	case f == delivered && s.Verb.Leaving():
		out.State, out.Forget = model.Removed, true
	case f == delivered:
		out.State, out.Accepted = model.Synced, true
		out.Payload, out.PayloadHash = s.Fields.AppendFlat(nil), s.PayloadHash
		out.Code, out.Message = "", ""
	case f == unknown:
		out.State = model.Unknown
	case f == filtered && s.Verb == connect.Insert:
		out.State, out.Code = model.Synced, "mode.exists"
	case f == filtered:
		out.State, out.Code = model.Rejected, "mode.missing"
	default:
		out.State = model.Rejected
	}
	return out
}

// origin keeps who made a record: what we made stays made by us, however often it is matched later.
func origin(was model.Origin, e connect.Effect) model.Origin {
	switch {
	case was != model.OriginUnknown:
		return was
	case e == connect.Created:
		return model.Made
	case e == connect.Updated:
		return model.Matched
	default:
		return was
	}
}
