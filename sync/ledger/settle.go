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
// changes, and Code and Message say why; where nothing was accepted Match is kept, for the record may be there under it.
// Forget: the record is gone at the destination; Shape, RowHash and State are
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
	priorStands = newBulk(`SELECT key, state, place FROM records WHERE sync = ? AND key IN (`, `?`, `)`)

	takeRecords = newBulk(`INSERT INTO records (sync, key, place, state, shape, row_hash) VALUES `, `(?, ?, ?, ?, ?, ?)`,
		` ON CONFLICT (sync, key) DO UPDATE SET state = excluded.state, shape = excluded.shape, row_hash = excluded.row_hash`)

	markRecords = newBulk(`INSERT INTO records (sync, key, place, state, shape, row_hash) VALUES `, `(?, ?, ?, ?, 0, 0)`,
		` ON CONFLICT (sync, key) DO UPDATE SET state = excluded.state`)

	acceptPayloads = newBulk(`INSERT INTO payloads
		(place, run, at, payload, hash, match, remote, origin, accepted, attempts, code, message) VALUES `,
		`(?, ?, ?, ?, ?, ?, ?, ?, 1, 0, '', '')`,
		` ON CONFLICT (place) DO UPDATE SET run = excluded.run, at = excluded.at, payload = excluded.payload,
		hash = excluded.hash, match = excluded.match, accepted = 1, attempts = 0, code = '', message = '',
		remote = CASE WHEN excluded.remote <> '' OR NOT accepted THEN excluded.remote ELSE remote END,
		origin = CASE WHEN excluded.origin = 1 OR NOT accepted OR origin = 0 THEN excluded.origin ELSE origin END`)

	refusePayloads = newBulk(`INSERT INTO payloads
		(place, run, at, code, message, match, remote, accepted, hash, origin, attempts) VALUES `,
		`(?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 1)`,
		` ON CONFLICT (place) DO UPDATE SET run = excluded.run, at = excluded.at, code = excluded.code,
		message = excluded.message, attempts = attempts + 1,
		match = CASE WHEN accepted THEN match ELSE excluded.match END,
		remote = CASE WHEN accepted OR excluded.remote = '' THEN remote ELSE excluded.remote END`)

	forgetPayloads = newBulk(`INSERT INTO payloads
		(place, run, at, remote, origin, accepted, hash, attempts, code, message) VALUES `,
		`(?, ?, ?, ?, ?, 0, 0, 0, '', '')`,
		` ON CONFLICT (place) DO UPDATE SET run = excluded.run, at = excluded.at, accepted = 0, payload = NULL,
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

// standing is what a write must know of a record before it changes it.
type standing struct {
	state model.State
	place int64 // its row in payloads
}

// placed is a settlement with the place of its record.
type placed struct {
	*Settlement
	place int64
}

// settle changes the records, in their order; the same key may come again.
func (t *tx) settle(ref SyncRef, records []Settlement) error {
	list, err := t.arrange(ref, records)
	if err != nil {
		return err
	}
	for len(list) > 0 {
		n := 1
		for n < len(list) && list[n].outcome() == list[0].outcome() {
			n++
		}
		if err := t.settleAlike(ref, list[:n]); err != nil {
			return err
		}
		list = list[n:]
	}
	return nil
}

// arrange finds every record's place, making one for a new record, and counts the moves between states.
func (t *tx) arrange(ref SyncRef, records []Settlement) ([]placed, error) {
	old, err := t.standings(ref, len(records), func(i int) model.Key { return records[i].Key })
	if err != nil {
		return nil, err
	}
	list := make([]placed, len(records))
	for i := range records {
		s := &records[i]
		before, had := old[s.Key]
		if !had {
			if before.place, err = t.newPlace(); err != nil {
				return nil, err
			}
		}
		t.move(ref, before.state, had, s.State)
		old[s.Key] = standing{s.State, before.place}
		list[i] = placed{s, before.place}
	}
	return list, nil
}

func (t *tx) standings(ref SyncRef, n int, key func(int) model.Key) (map[model.Key]standing, error) {
	old := make(map[model.Key]standing, n)
	var args []driver.Value
	err := priorStands.slices(n, func(query string, from, to int) error {
		args = append(args[:0], int64(ref))
		for i := from; i < to; i++ {
			args = append(args, string(key(i)))
		}
		return t.query(query, func(row []driver.Value) error {
			old[model.Key(row[0].(string))] = standing{model.State(row[1].(int64)), row[2].(int64)}
			return nil
		}, args...)
	})
	return old, err
}

// newPlace numbers a new row of payloads; a number is never used twice, one may stay unused.
func (t *tx) newPlace() (int64, error) {
	if t.known.place == 0 {
		last, _, err := t.one(`SELECT coalesce(max(place), 0) FROM payloads`)
		if err != nil {
			return 0, err
		}
		t.known.place = last
	}
	t.known.place++
	return t.known.place, nil
}

func (t *tx) settleAlike(ref SyncRef, list []placed) error {
	switch list[0].outcome() {
	case acceptedOutcome:
		return t.accept(ref, list)
	case forgottenOutcome:
		return t.forget(ref, list)
	default:
		return t.refuse(ref, list)
	}
}

func (t *tx) accept(ref SyncRef, list []placed) error {
	if err := t.take(ref, list); err != nil {
		return err
	}
	return t.wide(&acceptPayloads, list, func(args []driver.Value, s *Settlement) []driver.Value {
		return append(args, s.Payload, int64(s.PayloadHash), encodeMatch(s.Match), s.RemoteID, int64(s.Origin))
	})
}

func (t *tx) forget(ref SyncRef, list []placed) error {
	if err := t.take(ref, list); err != nil {
		return err
	}
	return t.wide(&forgetPayloads, list, func(args []driver.Value, s *Settlement) []driver.Value {
		return append(args, s.RemoteID, int64(s.Origin))
	})
}

func (t *tx) refuse(ref SyncRef, list []placed) error {
	err := bulkRows(t, &markRecords, list, func(args []driver.Value, s placed) []driver.Value {
		return append(args, int64(ref), string(s.Key), s.place, int64(s.State))
	})
	if err != nil {
		return err
	}
	return t.wide(&refusePayloads, list, func(args []driver.Value, s *Settlement) []driver.Value {
		return append(args, s.Code, s.Message, encodeMatch(s.Match), s.RemoteID)
	})
}

func (t *tx) take(ref SyncRef, list []placed) error {
	return bulkRows(t, &takeRecords, list, func(args []driver.Value, s placed) []driver.Value {
		return append(args, int64(ref), string(s.Key), s.place, int64(s.State), int64(s.Shape), int64(s.RowHash))
	})
}

// wide writes the wide half; every statement for it begins with place, run and time.
func (t *tx) wide(b *bulk, list []placed, add func([]driver.Value, *Settlement) []driver.Value) error {
	if err := t.learnRuns(list); err != nil {
		return err
	}
	return bulkRows(t, b, list, func(args []driver.Value, s placed) []driver.Value {
		return add(append(args, s.place, t.known.runs[s.Run], orNow(s.At)), s.Settlement)
	})
}

func (t *tx) learnRuns(list []placed) error {
	for i, s := range list {
		if i > 0 && s.Run == list[i-1].Run {
			continue
		}
		if _, err := t.runNumber(s.Run); err != nil {
			return err
		}
	}
	return nil
}

// runNumber is the number a run has in this file; 0 for one that was never started.
func (t *tx) runNumber(id model.RunID) (int64, error) {
	if n, ok := t.known.runs[id]; ok || id == "" {
		return n, nil
	}
	n, ok, err := t.one(`SELECT n FROM runs WHERE id = ?`, string(id))
	if ok {
		t.known.runs[id] = n
	}
	return n, err
}
