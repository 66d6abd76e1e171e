package ledger

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
)

// Exception finds the exception of a row, nil where the row was plainly accepted.
func (c *Call) Exception(ord int64) *Exception {
	i, found := slices.BinarySearchFunc(c.Exceptions, ord, func(e Exception, ord int64) int { return cmp.Compare(e.Ord, ord) })
	if !found {
		return nil
	}
	return &c.Exceptions[i]
}

// CallState is where a call stands.
type CallState uint8

// The states of a call. The zero one is the careful one: what nobody settled may have been applied.
const (
	CallOpen      CallState = iota // in flight, or nobody saw its outcome
	CallDeferred                   // known not to have been applied; it waits until NotBefore
	CallSettled                    // its outcome is in the ledger
	CallAbandoned                  // it will not be made any more
)

func (s CallState) String() string {
	return [...]string{"open", "deferred", "settled", "abandoned"}[s]
}

// Range is the steps From up to but not including To of a plan.
type Range struct {
	From int64 `json:"from"`
	To   int64 `json:"to"`
}

// Exception is a row of a call that was not plainly accepted.
type Exception struct {
	Ord      int64  `json:"ord"` // the step's ordinal in the plan
	Verdict  uint8  `json:"verdict"`
	Effect   uint8  `json:"effect,omitempty"`
	Code     string `json:"code,omitempty"`
	Message  string `json:"message,omitempty"`
	RemoteID string `json:"remote_id,omitempty"`
}

// Call is one call to a destination, from its intent to its outcome.
type Call struct {
	ID         model.CallID
	Run        model.RunID
	Verb       uint8
	Rows       []Range
	Attempt    int       // 1 for the first
	NotBefore  time.Time // with CallDeferred: when it may be made again
	Token      string    // the destination's name for a job it works on, "" for none
	State      CallState
	Status     int // HTTP status, 0 where there was none
	Code       string
	Message    string
	RequestID  string
	Exceptions []Exception // by ascending ordinal
	IntendedAt time.Time
	SettledAt  time.Time
}

// Intend makes the intent to call durable; no byte of a call may leave before it returns. A call that is open or
// deferred is intended again: its Attempt grows by one, its rows and its token stay. Faults: ledger.call_closed,
// ledger.no_run.
func (l *Ledger) Intend(ctx context.Context, calls ...Call) error {
	rows := make([]string, len(calls))
	for i, c := range calls {
		text, err := json.Marshal(c.Rows)
		if err != nil {
			return fmt.Errorf("writing the rows of a call: %w", err)
		}
		rows[i] = string(text)
	}
	return l.writer.do(ctx, func(t *tx) error {
		runs, err := t.mayIntend(calls)
		if err != nil {
			return err
		}
		for i, c := range calls {
			if err := t.intend(c, runs[i], rows[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

func (t *tx) mayIntend(calls []Call) ([]int64, error) {
	runs := make([]int64, len(calls))
	for i, c := range calls {
		state, known, err := t.one(`SELECT state FROM calls WHERE id = ?`, string(c.ID))
		if err != nil {
			return nil, err
		}
		if known && CallState(state) >= CallSettled {
			return nil, callClosed(c.ID, CallState(state))
		}
		if runs[i], err = t.runNumber(c.Run); err != nil {
			return nil, err
		}
		if runs[i] == 0 {
			return nil, noRun(c.Run)
		}
	}
	return runs, nil
}

func (t *tx) intend(c Call, run int64, rows string) error {
	_, err := t.exec(`INSERT INTO calls (id, run, verb, rows, attempt, not_before, token, state, status, code, message,
			request_id, exceptions, intended_at, settled_at)
		VALUES (?, ?, ?, ?, ?, 0, ?, 0, 0, '', '', '', '', ?, 0)
		ON CONFLICT (id) DO UPDATE SET state = 0, attempt = attempt + 1, not_before = 0, intended_at = excluded.intended_at`,
		string(c.ID), run, int64(c.Verb), rows, int64(max(1, c.Attempt)), c.Token, orNow(c.IntendedAt))
	return err
}

// SetToken keeps the destination's name for the job a call became.
func (l *Ledger) SetToken(ctx context.Context, id model.CallID, token string) error {
	return l.writer.do(ctx, func(t *tx) error {
		if err := t.mayClose(id); err != nil {
			return err
		}
		_, err := t.exec(`UPDATE calls SET token = ?2 WHERE id = ?1`, string(id), token)
		return err
	})
}

// Defer notes that a call was not applied and when it may be made again.
func (l *Ledger) Defer(ctx context.Context, id model.CallID, notBefore time.Time, code, message string) error {
	return l.writer.do(ctx, func(t *tx) error {
		if err := t.mayClose(id); err != nil {
			return err
		}
		_, err := t.exec(`UPDATE calls SET state = ?2, not_before = ?3, code = ?4, message = ?5 WHERE id = ?1`,
			string(id), int64(CallDeferred), micros(notBefore), code, message)
		return err
	})
}

// Await notes when a call whose outcome nobody saw may be made again; it stays open, for it may have been applied.
func (l *Ledger) Await(ctx context.Context, id model.CallID, notBefore time.Time, code, message string) error {
	return l.writer.do(ctx, func(t *tx) error {
		if err := t.mayClose(id); err != nil {
			return err
		}
		_, err := t.exec(`UPDATE calls SET not_before = ?2, code = ?3, message = ?4 WHERE id = ?1`,
			string(id), micros(notBefore), code, message)
		return err
	})
}

// Abandon ends a call that will not be made any more, with the reason and what that means for its records.
func (l *Ledger) Abandon(ctx context.Context, ref SyncRef, id model.CallID, code string, records []Settlement) error {
	return l.writer.do(ctx, func(t *tx) error {
		if err := t.mayClose(id); err != nil {
			return err
		}
		if _, err := t.exec(`UPDATE calls SET state = ?2, settled_at = ?3, code = ?4 WHERE id = ?1`,
			string(id), int64(CallAbandoned), orNow(time.Time{}), code); err != nil {
			return err
		}
		return t.settle(ref, records)
	})
}

// mayClose refuses a call that is not there or has its outcome already: settling twice would count twice.
func (t *tx) mayClose(id model.CallID) error {
	state, known, err := t.one(`SELECT state FROM calls WHERE id = ?`, string(id))
	switch {
	case err != nil:
		return err
	case !known:
		return fault.New(fault.Internal, "ledger.no_call", fmt.Sprintf("the ledger knows no call %s", id))
	case CallState(state) >= CallSettled:
		return callClosed(id, CallState(state))
	default:
		return nil
	}
}

func callClosed(id model.CallID, state CallState) error {
	return fault.New(fault.Internal, "ledger.call_closed", fmt.Sprintf("the call %s is %s already", id, state))
}

func (t *tx) closeCall(c Call) error {
	if err := t.mayClose(c.ID); err != nil {
		return err
	}
	exceptions := ""
	if len(c.Exceptions) > 0 {
		text, err := json.Marshal(c.Exceptions)
		if err != nil {
			return fmt.Errorf("writing the exceptions of a call: %w", err)
		}
		exceptions = string(text)
	}
	_, err := t.exec(`UPDATE calls SET state = ?2, status = ?3, code = ?4, message = ?5, request_id = ?6, exceptions = ?7,
		settled_at = ?8 WHERE id = ?1`, string(c.ID), int64(CallSettled), int64(c.Status), c.Code, c.Message, c.RequestID,
		exceptions, orNow(c.SettledAt))
	return err
}

// Calls lists the calls of a run in the order they were first intended.
func (r *Reader) Calls(ctx context.Context, run model.RunID) ([]Call, error) {
	var list []Call
	err := r.each(ctx, `SELECT c.id, c.verb, c.rows, c.attempt, c.not_before, c.token, c.state, c.status, c.code, c.message,
			c.request_id, c.exceptions, c.intended_at, c.settled_at
		FROM calls c JOIN runs u ON u.n = c.run WHERE u.id = ? ORDER BY c.n`, []any{string(run)}, func(rows *sql.Rows) error {
		c, err := scanCall(rows)
		c.Run = run
		list = append(list, c)
		return err
	})
	return list, err
}

func scanCall(rows *sql.Rows) (c Call, err error) {
	var ranges, exceptions string
	var notBefore, intended, settled int64
	if err := rows.Scan(&c.ID, &c.Verb, &ranges, &c.Attempt, &notBefore, &c.Token, &c.State, &c.Status, &c.Code, &c.Message,
		&c.RequestID, &exceptions, &intended, &settled); err != nil {
		return c, err
	}
	c.NotBefore, c.IntendedAt, c.SettledAt = fromMicros(notBefore), fromMicros(intended), fromMicros(settled)
	if err := json.Unmarshal([]byte(ranges), &c.Rows); err != nil {
		return c, fmt.Errorf("reading the rows of a call: %w", err)
	}
	if exceptions != "" {
		if err := json.Unmarshal([]byte(exceptions), &c.Exceptions); err != nil {
			return c, fmt.Errorf("reading the exceptions of a call: %w", err)
		}
	}
	return c, nil
}
