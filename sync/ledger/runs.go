package ledger

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
)

// Running is the status of a run that has not ended.
const Running = "running"

// Run is one carrying out of a plan.
type Run struct {
	ID       model.RunID
	Ref      SyncRef
	Sync     string // filled in by the ledger
	PlanHash string
	PlanPath string
	Status   string // Running, or the status of its report
	Started  time.Time
	Ended    time.Time // zero while it is running
	Report   string    // JSON, "" while it is running
	Archived bool      // its deliveries are in the history
	Live     bool      // it looked at some keys alone
}

// StartRun begins a run of a plan made at generation base and keeps the model's columns. The sync's generation becomes
// base+1. Faults, with nothing changed: ledger.moved (kind Moved) where the generation is another one, ledger.run_open
// (Busy) where a run of the sync has not ended, ledger.run_exists where the id was used before. A live run minds neither
// the generation nor other live runs: it read the records of its keys alone, and those are its own.
func (l *Ledger) StartRun(ctx context.Context, run Run, base int64, schema string) error {
	return l.writer.do(ctx, func(t *tx) error {
		if err := t.mayStart(run, base); err != nil {
			return err
		}
		if _, err := t.exec(`INSERT INTO runs (id, sync, plan_hash, plan_path, status, started, live) VALUES (?, ?, ?, ?, ?, ?, ?)`,
			string(run.ID), int64(run.Ref), run.PlanHash, run.PlanPath, Running, orNow(run.Started), asInt(run.Live)); err != nil {
			return err
		}
		_, err := t.exec(`UPDATE syncs SET generation = generation + 1, columns = ?2 WHERE ref = ?1`, int64(run.Ref), schema)
		return err
	})
}

func (t *tx) mayStart(run Run, base int64) error {
	id, ref := run.ID, run.Ref
	if _, known, err := t.one(`SELECT n FROM runs WHERE id = ?`, string(id)); known || err != nil {
		return cmp.Or(err, error(fault.New(fault.Internal, "ledger.run_exists", fmt.Sprintf("the run %s was started before", id))))
	}
	generation, known, err := t.one(`SELECT generation FROM syncs WHERE ref = ?`, int64(ref))
	if err != nil {
		return err
	}
	if !known || generation != base && !run.Live {
		return fault.New(fault.Moved, "ledger.moved", "other work has changed this sync since the plan was made").
			Do("Make the plan again and look at it: freshet plan SYNC.")
	}
	open, _, err := t.one(`SELECT count(*) FROM runs WHERE sync = ? AND status = ? AND live <= ?`, int64(ref), Running, asInt(!run.Live))
	if err == nil && open > 0 {
		return fault.New(fault.Busy, "ledger.run_open", "a run of this sync has not ended").
			Do("Run the sync once without a plan: it first ends the run that is open.")
	}
	return err
}

// FinishRun ends a run with its report. Plans made while it ran no longer hold: the sync's generation grows.
func (l *Ledger) FinishRun(ctx context.Context, id model.RunID, status, report string, at time.Time) error {
	return l.writer.do(ctx, func(t *tx) error {
		ref, known, err := t.one(`SELECT sync FROM runs WHERE id = ?`, string(id))
		if err != nil {
			return err
		}
		if !known {
			return noRun(id)
		}
		if _, err := t.exec(`UPDATE runs SET status = ?2, report = ?3, ended = ?4 WHERE id = ?1`,
			string(id), status, report, orNow(at)); err != nil {
			return err
		}
		_, err = t.exec(`UPDATE syncs SET generation = generation + 1 WHERE ref = ?1`, ref)
		return err
	})
}

// ParkRun keeps the report of a run that has work left; it stays open, and the next run of the sync goes on with it.
func (l *Ledger) ParkRun(ctx context.Context, id model.RunID, report string) error {
	return l.writer.do(ctx, func(t *tx) error {
		n, err := t.exec(`UPDATE runs SET report = ?2 WHERE id = ?1`, string(id), report)
		if err == nil && n == 0 {
			return noRun(id)
		}
		return err
	})
}

// SetArchived notes that a run's deliveries are in the history.
func (l *Ledger) SetArchived(ctx context.Context, id model.RunID) error {
	return l.writer.do(ctx, func(t *tx) error {
		n, err := t.exec(`UPDATE runs SET archived = 1 WHERE id = ?`, string(id))
		if err == nil && n == 0 {
			return noRun(id)
		}
		return err
	})
}

// ForgetLive forgets ended live runs whose deliveries are in the history, with their calls; the newest run of a sync stays.
func (l *Ledger) ForgetLive(ctx context.Context, ids []model.RunID) error {
	return l.writer.do(ctx, func(t *tx) error {
		for _, id := range ids {
			if _, err := t.exec(`UPDATE runs SET archived = 1 WHERE id = ?`, string(id)); err != nil {
				return err
			}
			if _, err := t.exec(`DELETE FROM calls WHERE run = (SELECT n FROM runs u WHERE u.id = ? AND u.live = 1
				AND EXISTS (SELECT 1 FROM runs v WHERE v.sync = u.sync AND v.n > u.n))`, string(id)); err != nil {
				return err
			}
			if _, err := t.exec(`DELETE FROM runs WHERE id = ? AND live = 1
				AND EXISTS (SELECT 1 FROM runs v WHERE v.sync = runs.sync AND v.n > runs.n)`, string(id)); err != nil {
				return err
			}
			delete(t.known.runs, id)
		}
		return nil
	})
}

// ForgetEmpty forgets ended whole runs of a sync that made no call, but for those among its newest keep whole runs: a sync that
// runs every minute and has nothing to do is no reason for the ledger to grow.
func (l *Ledger) ForgetEmpty(ctx context.Context, ref SyncRef, keep int) error {
	return l.writer.do(ctx, func(t *tx) error {
		_, err := t.exec(`DELETE FROM runs WHERE sync = ?1 AND live = 0 AND archived = 1 AND status <> ?2
			AND n <= (SELECT n FROM runs WHERE sync = ?1 AND live = 0 ORDER BY n DESC LIMIT 1 OFFSET ?3)
			AND NOT EXISTS (SELECT 1 FROM calls c WHERE c.run = runs.n)`, int64(ref), Running, int64(keep))
		return err
	})
}

func noRun(id model.RunID) error {
	return fault.New(fault.Internal, "ledger.no_run", fmt.Sprintf("the ledger knows no run %s", id))
}

const runColumns = `SELECT u.id, u.sync, s.name, u.plan_hash, u.plan_path, u.status, u.started, u.ended, u.report, u.archived, u.live
	FROM runs u JOIN syncs s ON s.ref = u.sync `

// OpenRun is the newest run of a sync that has not ended, nil where there is none.
func (r *Reader) OpenRun(ctx context.Context, ref SyncRef) (*Run, error) {
	runs, err := r.runs(ctx, `WHERE u.sync = ? AND u.status = ? ORDER BY u.n DESC LIMIT 1`, int64(ref), Running)
	if err != nil || len(runs) == 0 {
		return nil, err
	}
	return &runs[0], nil
}

// OpenRuns are the runs of a sync that have not ended, newest first. There is more than one where they are live: those work on
// keys of their own, side by side.
func (r *Reader) OpenRuns(ctx context.Context, ref SyncRef) ([]Run, error) {
	return r.runs(ctx, `WHERE u.sync = ? AND u.status = ? ORDER BY u.n DESC`, int64(ref), Running)
}

// Run finds a run by its id.
func (r *Reader) Run(ctx context.Context, id model.RunID) (run Run, ok bool, err error) {
	runs, err := r.runs(ctx, `WHERE u.id = ?`, string(id))
	if err != nil || len(runs) == 0 {
		return Run{}, false, err
	}
	return runs[0], true, nil
}

// Runs lists a sync's runs, newest first. limit 0 means every one.
func (r *Reader) Runs(ctx context.Context, ref SyncRef, limit int) ([]Run, error) {
	return r.runs(ctx, `WHERE u.sync = ? ORDER BY u.n DESC LIMIT ?`, int64(ref), upTo(limit))
}

// Unarchived lists the ended runs of every sync whose deliveries are not in the history yet, oldest first.
func (r *Reader) Unarchived(ctx context.Context) ([]Run, error) {
	return r.runs(ctx, `WHERE u.archived = 0 AND u.status <> ? ORDER BY u.n`, Running)
}

func (r *Reader) runs(ctx context.Context, where string, args ...any) ([]Run, error) {
	var list []Run
	err := r.each(ctx, runColumns+where, args, func(rows *sql.Rows) error {
		var u Run
		var started, ended int64
		err := rows.Scan(&u.ID, &u.Ref, &u.Sync, &u.PlanHash, &u.PlanPath, &u.Status, &started, &ended, &u.Report, &u.Archived, &u.Live)
		u.Started, u.Ended = fromMicros(started), fromMicros(ended)
		list = append(list, u)
		return err
	})
	return list, err
}

// LastWhole is the newest run of every sync that looked at all of its rows, by the sync's name.
func (r *Reader) LastWhole(ctx context.Context) (map[string]Run, error) {
	runs, err := r.runs(ctx, `WHERE u.n = (SELECT max(n) FROM runs v WHERE v.sync = u.sync AND v.live = 0)`)
	last := make(map[string]Run, len(runs))
	for _, u := range runs {
		last[u.Sync] = u
	}
	return last, err
}
