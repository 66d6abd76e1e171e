package duckdbsource

import (
	"context"
	"strings"
	"time"

	"github.com/freshet/freshet/sync/connect"
)

// source is one database file.
type source struct {
	name string
	path string
	wait time.Duration // how long a file that another process writes to is tried again
}

// Close has nothing to do: the engine's own Close detaches the file.
func (s *source) Close() error { return nil }

// Attach opens the file read-only. The faults are those of diagnose.
func (s *source) Attach(ctx context.Context, db connect.SQL, alias string) ([]connect.Problem, error) {
	statement := "ATTACH '" + strings.ReplaceAll(s.path, "'", "''") + `' AS "` + strings.ReplaceAll(alias, `"`, `""`) + `" (READ_ONLY)`
	deadline := time.Now().Add(s.wait)
	for pause := 50 * time.Millisecond; ; pause *= 2 {
		err := db.Exec(ctx, statement)
		if err == nil {
			return nil, nil
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
