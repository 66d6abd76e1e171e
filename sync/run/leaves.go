package run

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/model"
	"github.com/freshet/freshet/sync/plan"
)

// leaves decides about the records that left the model, a batch at a time.
func (p *planner) leaves(ctx context.Context) error {
	if len(p.leaving) == 0 {
		return nil
	}
	known, err := p.past.Details(ctx, p.state.Ref, p.leaving)
	if err != nil {
		return err
	}
	taken, err := p.takenOver(ctx, known)
	if err != nil {
		return err
	}
	for _, key := range p.leaving {
		was := known[key]
		was.Key = key
		if err := p.leave(was, taken[key]); err != nil {
			return err
		}
	}
	p.leaving = p.leaving[:0]
	return nil
}

// takenOver finds the leaving records whose match value another row of the model carries now: the record at the
// destination is that row's, and removing it would remove somebody who is still there. Not so where that row has a
// record of its own, which can only take the value once the leaving one is out of its way. Guarantee G24.
func (p *planner) takenOver(ctx context.Context, leaving map[model.Key]model.Detail) (map[model.Key]bool, error) {
	if len(p.matchCheck().Columns) == 0 {
		return nil, nil
	}
	texts := make([]string, 0, len(leaving))
	for _, was := range leaving {
		if len(was.Match) > 0 {
			texts = append(texts, matchText(was.Match))
		}
	}
	live, err := p.walk.LiveMatches(texts)
	if err != nil {
		return nil, err
	}
	heirs, err := p.past.Details(ctx, p.state.Ref, slices.Collect(maps.Values(live)))
	if err != nil {
		return nil, err
	}
	taken := map[model.Key]bool{}
	for key, was := range leaving {
		if heir, is := live[matchText(was.Match)]; is && len(was.Match) > 0 {
			taken[key] = !apart(was, heirs[heir])
		}
	}
	return taken, nil
}

// apart says whether two records are known to be two at the destination: by its own ids.
func apart(a, b model.Detail) bool {
	return b.Accepted && a.RemoteID != "" && b.RemoteID != "" && a.RemoteID != b.RemoteID
}

// matchText is the match values of a record as one text, by the rule of composite keys.
func matchText(match model.Fields) string {
	if len(match) == 0 {
		return ""
	}
	parts := make([]string, len(match))
	for i, f := range match {
		parts[i] = f.Value.Text
	}
	return string(model.CompositeKey(parts))
}

// leave decides about one record that left. Guarantee G8: only what Freshet made or matched is ever removed.
// Guarantee G15: while source rows cannot be read, removals wait.
func (p *planner) leave(was model.Detail, taken bool) error {
	step := plan.Step{Kind: plan.Leave, Verb: leavingVerb[p.job.Sync.OnLeave], Key: was.Key, Cause: "left the model",
		RowHash: was.RowHash, PayloadHash: was.PayloadHash, Match: was.Match, RemoteID: idOf(was), Origin: was.Origin,
		Version: strconv.FormatInt(p.state.Generation+1, 10)}
	nothingThere := !was.Accepted && was.State != model.Unknown
	switch {
	case nothingThere:
		return p.lapse(step, "left the model; nothing of it stands at the destination", model.Removed)
	case step.Verb == connect.NoVerb:
		return p.lapse(step, "left the model; the record is kept", model.Left)
	case taken:
		p.sum.Read++
		p.sum.Superseded++
		return p.lapse(step, "another row stands for the same record now", model.Removed)
	case p.unread > 0:
		p.sum.Read++
		p.sum.Waiting++
		return nil
	}
	p.sum.Read++
	accepted, err := model.ParseFlat(was.Payload)
	if err != nil {
		accepted = nil
	}
	step.Before = accepted
	if step.Verb == connect.Clear {
		step.Fields = cleared(accepted, was.Match)
	}
	return p.out.Add(&step)
}

// idOf is the destination's id of what stands there; the id of a record that was removed is a memory and no more.
func idOf(was model.Detail) string {
	if !was.Accepted || was.State == model.Removed {
		return ""
	}
	return was.RemoteID
}

// lapse lets a record go in the ledger alone; Code carries the state it goes to.
func (p *planner) lapse(step plan.Step, cause string, to model.State) error {
	return p.out.Add(&plan.Step{Kind: plan.Lapse, Key: step.Key, RowHash: step.RowHash, Cause: cause, Code: to.String()})
}

// cleared nulls every field that was written, the match apart: without it the record could not be found again.
func cleared(accepted, match model.Fields) model.Fields {
	fields := make(model.Fields, 0, len(accepted))
	for _, f := range accepted {
		if _, isMatch := match.Get(f.Name); !isMatch {
			fields = append(fields, model.Field{Name: f.Name})
		}
	}
	return fields
}

// leavingVerb is what each on_leave asks of the destination.
var leavingVerb = map[model.OnLeave]connect.Verb{
	model.Clear:   connect.Clear,
	model.Archive: connect.Archive,
	model.Delete:  connect.Delete,
}
