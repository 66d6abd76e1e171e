package control

import (
	"context"
	"slices"

	"github.com/freshet/freshet/sync/fault"
)

// secondNeeded is the code of an approval that was noted and is not enough.
const secondNeeded = "approval.second"

// mayApprove says whether whoever asks may have a held plan carried out, where the workspace wants two people behind one: who asked for
// it and another who approves it. People are compared, not what they show. It gives the plan as acts name it. Faults approval.own,
// approval.second and plan.unknown_hash. Guarantee G47.
func (s *Service) mayApprove(ctx context.Context, sync, approve string) (ref string, err error) {
	if approve == "" || !s.workspace.TwoPeople {
		return "", nil
	}
	hash, held, err := s.runner(sync).Approvable(sync, approve)
	if err != nil || !held {
		return "", err
	}
	ref = planRef(hash)
	asked, err := s.ledger.WhoActed(ctx, ref, "run.start", "run.plan", planMade)
	if err != nil {
		return ref, err
	}
	me := ActorOf(ctx).Name
	if len(asked) > 0 && asked[0] == me {
		return ref, fault.New(fault.Held, "approval.own", "who asked for a plan cannot approve it").At("syncs." + sync).
			Do("have another person look at the plan and approve it")
	}
	behind, err := s.ledger.WhoActed(ctx, ref, "run.approve")
	behind = slices.DeleteFunc(append(behind, asked...), func(name string) bool { return name == me })
	if err == nil && len(behind) == 0 {
		err = fault.New(fault.Held, secondNeeded, "the approval is noted, and a second person has to approve the plan as well").At("syncs." + sync).
			Do("have another person look at the plan and approve it")
	}
	return ref, err
}

// approving is mayApprove within a deed, which it ends where the answer is no.
func (s *Service) approving(ctx context.Context, d deed, sync string, o RunOptions) error {
	ref, err := s.mayApprove(ctx, sync, o.Approve)
	if err == nil {
		return nil
	}
	if !fault.Is(err, secondNeeded) {
		ref = "" // it is no approval
	}
	return d.end("", ref, err)
}

// planMade is what the making of a held plan is called in the audit log.
const planMade = "plan.make"

// notePlan notes who has asked for a plan that is held now. Beside a process that has the workspace it cannot be noted: nobody has asked
// then, and two people have to approve.
func (s *Service) notePlan(ctx context.Context, sync, hash string) error {
	if s.ledger == nil {
		return nil
	}
	a := act(ctx, planMade, "syncs."+sync, "")
	a.After, a.Outcome = planRef(hash), "held"
	_, err := s.ledger.NoteAct(ctx, a)
	return err
}
