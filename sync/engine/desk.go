package engine

import (
	"context"
	"database/sql"
)

// A desk is a connection for short queries that come again and again, with the temporary tables that they read; making both
// takes as long as a query. What is put into the tables is taken out again after each use. The queries themselves are never
// prepared: DuckDB plans by the smallest and largest values that tables have at that moment, and does not plan anew when rows
// with others have come.
type desk struct {
	conn *sql.Conn
	kind string
	uses int
}

const (
	deskUses  = 64 // then it is made anew: rows that are gone take room in its tables
	desksKept = 48
)

// desk gives one of a kind that is free, or makes one: ready is run on a new connection.
func (e *Engine) desk(ctx context.Context, kind string, ready func(*sql.Conn) error) (*desk, error) {
	e.mu.Lock()
	for i, s := range e.idle {
		if s.kind == kind {
			e.idle = append(e.idle[:i:i], e.idle[i+1:]...)
			e.mu.Unlock()
			return s, nil
		}
	}
	e.mu.Unlock()
	conn, err := e.db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	if err := ready(conn); err != nil {
		discard(conn)
		return nil, err
	}
	return &desk{conn: conn, kind: kind}, nil
}

// free gives a desk back; sound says that nothing of its use is left on it.
func (e *Engine) free(s *desk, sound bool) {
	if s.uses++; !sound || s.uses >= deskUses {
		discard(s.conn)
		return
	}
	e.mu.Lock()
	var old *desk
	if len(e.idle) >= desksKept {
		old, e.idle = e.idle[0], e.idle[1:]
	}
	e.idle = append(e.idle, s)
	e.mu.Unlock()
	if old != nil {
		discard(old.conn)
	}
}

// endDesks closes those that are free.
func (e *Engine) endDesks() {
	e.mu.Lock()
	idle := e.idle
	e.idle = nil
	e.mu.Unlock()
	for _, s := range idle {
		discard(s.conn)
	}
}

// rolledBack ends the transaction of a desk's use; false: it did not end as it should.
func (s *desk) rolledBack(ctx context.Context) bool {
	return run(context.WithoutCancel(ctx), s.conn, "ROLLBACK") == nil
}
