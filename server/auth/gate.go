package auth

import (
	"context"
	"crypto/subtle"
	"strings"
	"sync"
	"time"

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/ledger"
)

// Keeper keeps tokens.
type Keeper interface {
	TokenByHash(ctx context.Context, hash []byte) (ledger.Token, bool, error)
	UsedToken(ctx context.Context, id string, at time.Time) error
}

// Gate lets in whoever shows the owner's token or one that was made.
type Gate struct {
	local  *Local
	keeper Keeper
	mu     sync.Mutex
	used   map[string]time.Time // by token: when its use was kept last
}

// NewGate makes a gate.
func NewGate(local *Local, keeper Keeper) *Gate {
	return &Gate{local: local, keeper: keeper, used: map[string]time.Time{}}
}

// Who says who shows an Authorization header. Fault auth.token where it has no token, or one that nobody knows, or one that has expired
// or was revoked. It is asked for every request, so a token ends at once. Guarantee G45.
func (g *Gate) Who(ctx context.Context, authorization string) (Principal, error) {
	scheme, token, _ := strings.Cut(authorization, " ")
	if token = strings.TrimSpace(token); !strings.EqualFold(scheme, "Bearer") || token == "" {
		return Principal{}, refused("no token was shown")
	}
	if !isToken(token) {
		return g.local.who(token)
	}
	hash := hashOf(token)
	k, found, err := g.keeper.TokenByHash(ctx, hash)
	now := time.Now()
	switch {
	case err != nil:
		return Principal{}, err
	case !found || subtle.ConstantTimeCompare(k.Hash, hash) != 1:
		return Principal{}, refused("the token is not one that is known here")
	case !k.Revoked.IsZero():
		return Principal{}, refused("the token was revoked")
	case !now.Before(k.Expires):
		return Principal{}, refused("the token has expired")
	}
	g.note(ctx, k.ID, now)
	return Principal{Name: k.Person, Token: k.ID, Role: Role(k.Role), Syncs: k.Syncs, Expires: k.Expires}, nil
}

// usedEvery is how exactly it is kept when a token was used last.
const usedEvery = time.Minute

// note keeps that a token was used. That this cannot be kept keeps nobody out.
func (g *Gate) note(ctx context.Context, id string, now time.Time) {
	g.mu.Lock()
	due := now.Sub(g.used[id]) >= usedEvery
	if due {
		g.used[id] = now
	}
	g.mu.Unlock()
	if due {
		_ = g.keeper.UsedToken(context.WithoutCancel(ctx), id, now)
	}
}

func refused(message string) error {
	return fault.New(fault.Denied, "auth.token", message).
		Do("send the header Authorization: Bearer TOKEN, with a token that freshet token create has made or, on the server's machine, the one " +
			"from server.json in the workspace's data directory")
}
