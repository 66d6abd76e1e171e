package duckdbsource

import (
	"context"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/freshet/freshet/sync/connect"
)

// source is one database file.
type source struct {
	name string
	path string
	wait time.Duration // how long a file that another process writes to is tried again

	mu   sync.Mutex
	held []*os.File
}

// Close lets writers have the file again. The engine's own Close detaches it, and comes before.
func (s *source) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.held {
		_ = f.Close()
	}
	s.held = nil
	return nil
}

// keep remembers what Close lets go of.
func (s *source) keep(f *os.File) {
	if f == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = append(s.held, f)
}

// Mark is the state of the file, and of the log beside it, on the disk. Neither is opened. Fault duckdb.missing.
func (s *source) Mark(context.Context) (string, error) {
	file, err := os.Stat(s.path)
	if err != nil {
		return "", diagnose(s.path, err).At("sources." + s.name)
	}
	mark := stateOf(file)
	if log, err := os.Stat(s.path + ".wal"); err == nil {
		mark += " " + stateOf(log)
	}
	return mark, nil
}

// Attach opens the file read-only. The faults are those of diagnose.
func (s *source) Attach(ctx context.Context, db connect.SQL, alias string) ([]connect.Problem, error) {
	statement := "ATTACH '" + strings.ReplaceAll(s.path, "'", "''") + `' AS "` + strings.ReplaceAll(alias, `"`, `""`) + `" (READ_ONLY)`
	deadline := time.Now().Add(s.wait)
	for pause := 50 * time.Millisecond; ; pause *= 2 {
		held := keepWritersOut(s.path)
		err := db.Exec(ctx, statement)
		if err == nil {
			s.keep(held)
			return nil, nil
		}
		if held != nil {
			_ = held.Close()
		}
		if ctx.Err() != nil {
			return nil, err
		}
		why := diagnose(s.path, err)
		if why.Code != locked || time.Now().Add(pause).After(deadline) {
			return nil, why.At("sources." + s.name)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(pause):
		}
	}
}
