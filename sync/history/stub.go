package history

import (
	"context"
	"time"

	"github.com/freshet/freshet/sync/model"
)

type Store struct{ dir string }

func New(dir string) *Store { return &Store{dir} }

type Delivery struct {
	Sync                         string
	Run                          model.RunID
	Call                         model.CallID
	Ord                          int64
	Key                          model.Key
	Verb, Verdict, Effect, Cause string
	Version                      string
	Code, Message, RequestID     string
	RemoteID                     string
	Attempt                      int
	IntendedAt, SettledAt        time.Time
	Match, Fields, Before        string
}

func (s *Store) Write(ctx context.Context, sync string, run model.RunID, next func() ([]Delivery, error)) (string, int64, error) {
	return "", 0, nil
}
func (s *Store) Trace(ctx context.Context, sync string, key model.Key) ([]Delivery, error) { return nil, nil }
func (s *Store) Size(ctx context.Context, sync string) (int, int64, int64, error)           { return 0, 0, 0, nil }
