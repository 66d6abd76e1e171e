package control

import (
	"cmp"
	"context"
	"errors"
	"regexp"
	"time"

	"github.com/freshet/freshet/server/wire"
	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/deliver"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/ledger"
	"github.com/freshet/freshet/sync/run"
)

// Actor is whoever asks.
type Actor struct {
	Name string // the person
	Via  string // the id of the token that was shown, "" where it is this machine's own
}

// actorKey finds who asks in a context.
type actorKey struct{}

// WithActor says who asks: it is kept with everything that is done under the context.
func WithActor(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// ActorOf is who asks under a context.
func ActorOf(ctx context.Context) Actor {
	a, _ := ctx.Value(actorKey{}).(Actor)
	a.Name = cmp.Or(a.Name, "a person")
	return a
}

// act is what is kept of a deed. A reason is kept without what looks like a token or an e-mail address. Guarantee G43.
func act(ctx context.Context, did, target, why string) ledger.Act {
	who := ActorOf(ctx)
	return ledger.Act{Actor: who.Name, Via: who.Via, Did: did, Target: target, Why: reason(why)}
}

// tokenLike is what tokens look like.
var tokenLike = regexp.MustCompile(`freshet_(local|token)_[A-Za-z0-9_-]+`)

func reason(why string) string {
	return deliver.Scrub(tokenLike.ReplaceAllString(why, "‹token›"), connect.Operation{})
}

// acting has a deed noted in the transaction of the ledger that carries it out.
func acting(ctx context.Context, did, target, why string) context.Context {
	return ledger.WithAct(ctx, act(ctx, did, target, why))
}

// deed is one that no single transaction carries out: it is noted before it is begun, and what became of it is noted afterwards. One
// that a crash cut short stays begun. Guarantee G43.
type deed struct {
	s   *Service
	act ledger.Act
}

func (s *Service) begin(ctx context.Context, did, target, why string) (deed, error) {
	a := act(ctx, did, target, why)
	a.Outcome = ledger.Begun
	n, err := s.ledger.NoteAct(ctx, a)
	a.Of = n
	return deed{s, a}, err
}

// end notes what became of a deed: outcome or, where err is one, its code; after is what there is now, by reference. What comes back
// is err, and that the note could not be made.
func (d deed) end(outcome ledger.Outcome, after string, err error) error {
	a := d.act
	a.Outcome, a.After, a.At, a.Why = outcome, after, time.Time{}, ""
	if err != nil {
		a.Outcome = ledger.Outcome(fault.As(err).Code)
	}
	_, noting := d.s.ledger.NoteAct(context.Background(), a)
	return errors.Join(err, noting)
}

// ended notes what became of a run.
func (d deed) ended(report run.Report, err error) error {
	after := string(report.Run)
	switch {
	case report.Status == run.Held:
		after = planRef(report.Plan)
	case report.Run != "" && report.Plan != "":
		after += " of " + planRef(report.Plan)
	}
	return d.end(ledger.Outcome(report.Status), after, err)
}

// planRef is how an act names a plan.
func planRef(hash string) string { return "plan " + hash }

// ActFilter says which acts are listed.
type ActFilter = ledger.ActFilter

// Acts lists what people and programs have done, newest first: at most limit.
func (s *Service) Acts(ctx context.Context, f ActFilter, limit int) (wire.Acts, error) {
	out := wire.Acts{Acts: []wire.Act{}}
	if f.Sync != "" {
		if _, err := s.workspace.Sync(f.Sync); err != nil {
			return out, err
		}
	}
	r, done, err := s.read(ctx)
	if err != nil || r == nil {
		return out, err
	}
	defer done()
	list, err := r.Acts(ctx, f, limit+1)
	if len(list) > limit {
		list = list[:limit]
		out.Next = list[limit-1].N
	}
	for _, a := range list {
		told := wireAct(a.Act)
		if !a.Ended.IsZero() {
			told.Ended = a.Ended.UTC().Format(time.RFC3339)
		}
		out.Acts = append(out.Acts, told)
	}
	return out, err
}

func wireAct(a ledger.Act) wire.Act {
	return wire.Act{Number: a.N, At: a.At.UTC().Format(time.RFC3339), Actor: a.Actor, Via: a.Via, Did: a.Did, Target: a.Target, Why: a.Why,
		Before: a.Before, After: a.After, Outcome: string(a.Outcome)}
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
