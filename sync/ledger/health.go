package ledger

import (
	"context"
	"database/sql"
	"time"
)

// Health is what was measured of one sync, and how it stands, in a form of its keeper's own.
type Health struct {
	Sync string
	At   time.Time
	Body string
}

// Alert is something that somebody is to be told.
type Alert struct {
	ID        string // the receiver tells a repetition by it
	Alert     string // who is to be told
	Body      string // what, in a form of its keeper's own
	Made      time.Time
	Attempts  int
	NotBefore time.Time
}

// KeepHealth keeps how syncs stand together with what is to be told of it: a change of state is kept with its alert, or neither is.
func (l *Ledger) KeepHealth(ctx context.Context, all []Health, alerts []Alert) error {
	return l.writer.do(ctx, func(t *tx) error {
		for _, h := range all {
			if _, err := t.exec(`INSERT INTO health (sync, at, body) VALUES (?, ?, ?)
				ON CONFLICT (sync) DO UPDATE SET at = excluded.at, body = excluded.body`, h.Sync, micros(h.At), h.Body); err != nil {
				return err
			}
		}
		for _, a := range alerts {
			if _, err := t.exec(`INSERT INTO alerts (id, alert, body, made) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
				a.ID, a.Alert, a.Body, micros(a.Made)); err != nil {
				return err
			}
		}
		return nil
	})
}

// Health gives what was kept of every sync, by its name.
func (r *Reader) Health(ctx context.Context) (map[string]Health, error) {
	all := map[string]Health{}
	err := r.each(ctx, `SELECT sync, at, body FROM health`, nil, func(rows *sql.Rows) error {
		var h Health
		var at int64
		err := rows.Scan(&h.Sync, &at, &h.Body)
		h.At = fromMicros(at)
		all[h.Sync] = h
		return err
	})
	return all, err
}

// HealthOf gives what was kept of one sync.
func (r *Reader) HealthOf(ctx context.Context, sync string) (h Health, ok bool, err error) {
	var at int64
	ok, err = r.row(ctx, `SELECT sync, at, body FROM health WHERE sync = ?`, []any{sync}, &h.Sync, &at, &h.Body)
	h.At = fromMicros(at)
	return h, ok, err
}

// OpenAlerts lists what is still to be told, oldest first: at most limit.
func (r *Reader) OpenAlerts(ctx context.Context, limit int) (list []Alert, err error) {
	err = r.each(ctx, `SELECT id, alert, body, made, attempts, not_before FROM alerts ORDER BY n LIMIT ?`, []any{upTo(limit)}, func(rows *sql.Rows) error {
		var a Alert
		var made, notBefore int64
		err := rows.Scan(&a.ID, &a.Alert, &a.Body, &made, &a.Attempts, &notBefore)
		a.Made, a.NotBefore = fromMicros(made), fromMicros(notBefore)
		list = append(list, a)
		return err
	})
	return list, err
}

// PutOffAlert keeps that an alert was tried and is to be tried again.
func (l *Ledger) PutOffAlert(ctx context.Context, id string, notBefore time.Time) error {
	return l.writer.do(ctx, func(t *tx) error {
		_, err := t.exec(`UPDATE alerts SET attempts = attempts + 1, not_before = ? WHERE id = ?`, micros(notBefore), id)
		return err
	})
}

// EndAlert forgets an alert that was told, or that nobody takes.
func (l *Ledger) EndAlert(ctx context.Context, id string) error {
	return l.writer.do(ctx, func(t *tx) error {
		_, err := t.exec(`DELETE FROM alerts WHERE id = ?`, id)
		return err
	})
}
