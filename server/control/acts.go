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

func actorOf(ctx context.Context) string {
	name, _ := ctx.Value(actorKey{}).(string)
	return cmp.Or(name, "a person")
}

// did keeps who has done what.
func (s *Service) did(ctx context.Context, what, target, why string) error {
	return s.ledger.NoteAct(ctx, ledger.Act{Actor: actorOf(ctx), Did: what, Target: target, Why: why})
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
