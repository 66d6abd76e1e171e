package ledger

import (
	"context"
	"database/sql/driver"
	"time"

	"github.com/freshet/freshet/sync/model"
)

// Settlement is what became of one record in a call.
//
// Accepted: Shape, RowHash, Payload, PayloadHash and Match replace what stands; a RemoteID of "" keeps the known one,
// and a record once Made stays so while it stands. Not accepted: everything accepted before stands, only the state
// changes, and Code and Message say why. Forget: the record is gone at the destination; Shape, RowHash and State are
// taken, the payload and the match values are dropped, the remote id stays as the memory of it.
type Settlement struct {
	Key         model.Key
	State       model.State
	Shape       uint32
	RowHash     uint64
	Accepted    bool
	Forget      bool
	Payload     []byte // canonical flat JSON
	PayloadHash uint64
	Match       model.Fields
	RemoteID    string
	Origin      model.Origin
	Code        string
	Message     string // scrubbed of the row's own values
	Run         model.RunID
	At          time.Time
}

// outcome is which of the three rules of Settlement holds.
type outcome uint8

const (
	refusedOutcome outcome = iota
	acceptedOutcome
	forgottenOutcome
)

func (s *Settlement) outcome() outcome {
	switch {
	case s.Forget:
		return forgottenOutcome
	case s.Accepted:
		return acceptedOutcome
	default:
		return refusedOutcome
	}
}

var (
	priorStates = newBulk(`SELECT key, state FROM records WHERE sync = ? AND key IN (`, `?`, `)`)

	takeRecords = newBulk(`INSERT INTO records (sync, key, state, shape, row_hash) VALUES `, `(?, ?, ?, ?, ?)`,
		` ON CONFLICT (sync, key) DO UPDATE SET state = excluded.state, shape = excluded.shape, row_hash = excluded.row_hash`)

	markRecords = newBulk(`INSERT INTO records (sync, key, state, shape, row_hash) VALUES `, `(?, ?, ?, 0, 0)`,
		` ON CONFLICT (sync, key) DO UPDATE SET state = excluded.state`)

	acceptPayloads = newBulk(`INSERT INTO payloads
		(sync, key, run, at, payload, hash, match, remote, origin, accepted, attempts, code, message) VALUES `,
		`(?, ?, ?, ?, ?, ?, ?, ?, ?, 1, 0, '', '')`,
		` ON CONFLICT (sync, key) DO UPDATE SET run = excluded.run, at = excluded.at, payload = excluded.payload,
		hash = excluded.hash, match = excluded.match, accepted = 1, attempts = 0, code = '', message = '',
		remote = CASE WHEN excluded.remote <> '' OR NOT accepted THEN excluded.remote ELSE remote END,
		origin = CASE WHEN excluded.origin = 1 OR NOT accepted OR origin = 0 THEN excluded.origin ELSE origin END`)

	refusePayloads = newBulk(`INSERT INTO payloads
		(sync, key, run, at, code, message, accepted, hash, remote, origin, attempts) VALUES `,
		`(?, ?, ?, ?, ?, ?, 0, 0, '', 0, 1)`,
		` ON CONFLICT (sync, key) DO UPDATE SET run = excluded.run, at = excluded.at, code = excluded.code,
		message = excluded.message, attempts = attempts + 1`)

	forgetPayloads = newBulk(`INSERT INTO payloads
		(sync, key, run, at, remote, origin, accepted, hash, attempts, code, message) VALUES `,
		`(?, ?, ?, ?, ?, ?, 0, 0, 0, '', '')`,
		` ON CONFLICT (sync, key) DO UPDATE SET run = excluded.run, at = excluded.at, accepted = 0, payload = NULL,
		hash = 0, match = NULL, attempts = 0, code = '', message = '',
		remote = CASE WHEN excluded.remote <> '' THEN excluded.remote ELSE remote END,
		origin = CASE WHEN excluded.origin <> 0 THEN excluded.origin ELSE origin END`)
)

// Settle makes a call's result and the records' new standing durable in one transaction. The call must be open or
// deferred: faults ledger.no_call, ledger.call_closed.
func (l *Ledger) Settle(ctx context.Context, ref SyncRef, call Call, records []Settlement) error {
	return l.writer.do(ctx, func(t *tx) error {
		if err := t.closeCall(call); err != nil {
			return err
		}
		return t.settle(ref, records)
	})
}

// settle changes the records, in their order; the same key may come again.
func (t *tx) settle(ref SyncRef, records []Settlement) error {
	if err := t.count(ref, len(records), func(i int) (model.Key, model.State) { return records[i].Key, records[i].State }); err != nil {
		return err
	}
	for len(records) > 0 {
		n := 1
		for n < len(records) && records[n].outcome() == records[0].outcome() {
			n++
		}
		if err := t.settleAlike(ref, records[:n]); err != nil {
			return err
		}
		records = records[n:]
	}
	return nil
}

// count notes the moves between states of n records and returns the states they stood in.
func (t *tx) count(ref SyncRef, n int, at func(int) (model.Key, model.State)) error {
	old, err := t.statesOf(ref, n, func(i int) model.Key { key, _ := at(i); return key })
	if err != nil {
		return err
	}
	for i := range n {
		key, now := at(i)
		before, had := old[key]
		t.move(ref, before, had, now)
		old[key] = now
	}
	return nil
}

func (t *tx) statesOf(ref SyncRef, n int, key func(int) model.Key) (map[model.Key]model.State, error) {
	old := make(map[model.Key]model.State, n)
	var args []driver.Value
	err := priorStates.slices(n, func(query string, from, to int) error {
		args = append(args[:0], int64(ref))
		for i := from; i < to; i++ {
			args = append(args, string(key(i)))
		}
		return t.query(query, func(row []driver.Value) error {
			old[model.Key(row[0].(string))] = model.State(row[1].(int64))
			return nil
		}, args...)
	})
	return old, err
}

func (t *tx) settleAlike(ref SyncRef, records []Settlement) error {
	switch records[0].outcome() {
	case acceptedOutcome:
		return t.accept(ref, records)
	case forgottenOutcome:
		return t.forget(ref, records)
	default:
		return t.refuse(ref, records)
	}
}

func (t *tx) accept(ref SyncRef, records []Settlement) error {
	if err := t.take(ref, records); err != nil {
		return err
	}
	return t.wide(ref, &acceptPayloads, records, func(args []driver.Value, s *Settlement) []driver.Value {
		return append(args, s.Payload, int64(s.PayloadHash), encodeMatch(s.Match), s.RemoteID, int64(s.Origin))
	})
}

func (t *tx) forget(ref SyncRef, records []Settlement) error {
	if err := t.take(ref, records); err != nil {
		return err
	}
	return t.wide(ref, &forgetPayloads, records, func(args []driver.Value, s *Settlement) []driver.Value {
		return append(args, s.RemoteID, int64(s.Origin))
	})
}

func (t *tx) refuse(ref SyncRef, records []Settlement) error {
	err := bulkRows(t, &markRecords, records, nil, func(args []driver.Value, s *Settlement) []driver.Value {
		return append(args, int64(ref), string(s.Key), int64(s.State))
	})
	if err != nil {
		return err
	}
	return t.wide(ref, &refusePayloads, records, func(args []driver.Value, s *Settlement) []driver.Value {
		return append(args, s.Code, s.Message)
	})
}

func (t *tx) take(ref SyncRef, records []Settlement) error {
	return bulkRows(t, &takeRecords, records, nil, func(args []driver.Value, s *Settlement) []driver.Value {
		return append(args, int64(ref), string(s.Key), int64(s.State), int64(s.Shape), int64(s.RowHash))
	})
}

// wide writes the wide half; every statement for it begins with sync, key, run and time.
func (t *tx) wide(ref SyncRef, b *bulk, records []Settlement, add func([]driver.Value, *Settlement) []driver.Value) error {
	var failed error
	err := bulkRows(t, b, records, nil, func(args []driver.Value, s *Settlement) []driver.Value {
		run, err := t.runNumber(s.Run)
		if err != nil {
			failed = err
		}
		return add(append(args, int64(ref), string(s.Key), run, orNow(s.At)), s)
	})
	if failed != nil {
		return failed
	}
	return err
}

// runNumber is the number a run has in this file; 0 for one that was never started.
func (t *tx) runNumber(id model.RunID) (int64, error) {
	if n, ok := t.runs[id]; ok || id == "" {
		return n, nil
	}
	n, ok, err := t.one(`SELECT n FROM runs WHERE id = ?`, string(id))
	if ok {
		t.runs[id] = n
	}
	return n, err
}
