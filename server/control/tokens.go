package control

import (
	"context"
	"slices"
	"time"

	"github.com/freshet/freshet/sync/ledger"
	"github.com/freshet/freshet/sync/model"
)

// AddToken keeps a token, and who has made it.
func (s *Service) AddToken(ctx context.Context, k ledger.Token, why string) error {
	for _, name := range k.Syncs {
		if _, err := s.workspace.Sync(name); err != nil {
			return err
		}
	}
	l, err := s.write(ctx, "freshet token create")
	if err != nil {
		return err
	}
	a := act(ctx, "token.create", "tokens."+k.Name, why)
	a.After = k.ID + " for " + k.Person + " as " + k.Role
	return l.AddToken(ledger.WithAct(ctx, a), k)
}

// RevokeToken ends a token, named by its name or its id, from the next request on.
func (s *Service) RevokeToken(ctx context.Context, name, why string) (ledger.Token, error) {
	l, err := s.write(ctx, "freshet token revoke")
	if err != nil {
		return ledger.Token{}, err
	}
	list, err := l.Tokens(ctx)
	if err != nil {
		return ledger.Token{}, err
	}
	i := slices.IndexFunc(list, func(k ledger.Token) bool { return k.Revoked.IsZero() && (k.Name == name || k.ID == name) })
	if i < 0 {
		return ledger.Token{}, ledger.NoToken()
	}
	a := act(ctx, "token.revoke", "tokens."+list[i].Name, why)
	a.Before = list[i].ID
	list[i].Revoked = time.Now()
	return list[i], l.RevokeToken(ledger.WithAct(ctx, a), list[i].ID)
}

// Tokens lists every token.
func (s *Service) Tokens(ctx context.Context) ([]ledger.Token, error) {
	r, done, err := s.read(ctx)
	if err != nil || r == nil {
		return nil, err
	}
	defer done()
	return r.Tokens(ctx)
}

// TokenByHash finds a token.
func (s *Service) TokenByHash(ctx context.Context, hash []byte) (ledger.Token, bool, error) {
	return s.ledger.TokenByHash(ctx, hash)
}

// UsedToken keeps that a token was used.
func (s *Service) UsedToken(ctx context.Context, id string, at time.Time) error {
	return s.ledger.UsedToken(ctx, id, at)
}

// ReadersOf names the syncs that a feed's events can reach.
func (s *Service) ReadersOf(feed string) (names []string) {
	for _, sync := range s.readersOf(feed) {
		names = append(names, sync.Name)
	}
	return names
}

// SyncOfRun names the sync of a run; "" where there is no such run.
func (s *Service) SyncOfRun(ctx context.Context, id model.RunID) (string, error) {
	if h := s.serving.runs.find(id); h != nil {
		return h.sync, nil
	}
	r, _, err := s.ledger.Run(ctx, id)
	return r.Sync, err
}
