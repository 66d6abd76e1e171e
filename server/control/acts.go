package control

import (
	"cmp"
	"context"
	"time"

	"github.com/freshet/freshet/server/wire"
	"github.com/freshet/freshet/sync/ledger"
)

// actorKey finds who asks in a context.
type actorKey struct{}

// WithActor says who asks: the name is kept with everything that is done under the context.
func WithActor(ctx context.Context, name string) context.Context {
	return context.WithValue(ctx, actorKey{}, name)
}

// ActorOf is who asks under a context.
func ActorOf(ctx context.Context) string {
	name, _ := ctx.Value(actorKey{}).(string)
	return cmp.Or(name, "a person")
}

// did keeps who has done what.
func (s *Service) did(ctx context.Context, what, target, why string) error {
	return s.ledger.NoteAct(ctx, ledger.Act{Actor: ActorOf(ctx), Did: what, Target: target, Why: why})
}

// Acts lists what people and programs have done, newest first: at most limit, from before a number on; 0 is the newest.
func (s *Service) Acts(ctx context.Context, before int64, limit int) (wire.Acts, error) {
	out := wire.Acts{Acts: []wire.Act{}}
	r, done, err := s.read(ctx)
	if err != nil || r == nil {
		return out, err
	}
	defer done()
	list, err := r.Acts(ctx, before, limit+1)
	if len(list) > limit {
		list = list[:limit]
		out.Next = list[limit-1].N
	}
	for _, a := range list {
		out.Acts = append(out.Acts, wire.Act{Number: a.N, At: a.At.Format(time.RFC3339), Actor: a.Actor, Did: a.Did, Target: a.Target, Why: a.Why})
	}
	return out, err
}

// Claim takes a name for a request, so that it is carried out once: see ledger.Claim.
func (s *Service) Claim(ctx context.Context, actor, key string, request []byte) (had ledger.Answer, first bool, err error) {
	return s.ledger.Claim(ctx, actor, key, request)
}

// Answered keeps what was answered to a request that took a name.
func (s *Service) Answered(ctx context.Context, actor, key string, a ledger.Answer) error {
	return s.ledger.Answered(ctx, actor, key, a)
}

// Unclaim lets a name go again.
func (s *Service) Unclaim(ctx context.Context, actor, key string) error {
	return s.ledger.Unclaim(ctx, actor, key)
}
