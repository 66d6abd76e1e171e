package run

import (
	"cmp"
	"slices"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/ledger"
)

// tally counts what became of the plan's steps.
type tally struct {
	steps     int64 // to be sent, in all
	delivered int64
	rejected  int64
	filtered  int64
	unknown   int64 // settled as unknown: pending, and nothing of ours can find out
	calls     int64
	reasons   map[string]int64 // the destination's codes of refusals
}

func newTally() tally { return tally{reasons: map[string]int64{}} }

// settled is how many steps have their outcome.
func (t *tally) settled() int64 { return t.delivered + t.rejected + t.filtered + t.unknown }

func (t *tally) row(f fate, o connect.Outcome) {
	switch f {
	case delivered:
		t.delivered++
	case filtered:
		t.filtered++
	case unknown:
		t.unknown++
	case rejected:
		t.rejected++
		t.reasons[cmp.Or(o.Code, "refused")]++
	}
}

func (t *tally) add(o tally) {
	t.delivered += o.delivered
	t.rejected += o.rejected
	t.filtered += o.filtered
	t.unknown += o.unknown
	t.calls += o.calls
	for reason, n := range o.reasons {
		t.reasons[reason] += n
	}
}

// recall counts a call that was settled before a restart.
func (t *tally) recall(c ledger.Call, repeatable bool) {
	t.calls += int64(c.Attempt)
	plain := rowsOf(c.Rows)
	for _, e := range c.Exceptions {
		plain--
		o := connect.Outcome{Verdict: connect.Verdict(e.Verdict), Code: e.Code}
		t.row(fateOf(connect.Verb(c.Verb), o.Verdict, repeatable), o)
	}
	t.delivered += plain
}

func rowsOf(rows []ledger.Range) (n int64) {
	for _, r := range rows {
		n += r.To - r.From
	}
	return n
}

// problems lists the refusals, the most frequent first.
func (t *tally) problems() []Problem {
	var out []Problem
	for reason, n := range t.reasons {
		out = append(out, Problem{Code: reason, Count: n, Message: "refused by the destination",
			Suggestion: "see each row with: freshet quarantine"})
	}
	slices.SortFunc(out, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Code, b.Code))
	})
	return out
}
