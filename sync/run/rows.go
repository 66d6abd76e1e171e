package run

import (
	"context"
	"strconv"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/engine"
	"github.com/freshet/freshet/sync/mapping"
	"github.com/freshet/freshet/sync/model"
	"github.com/freshet/freshet/sync/plan"
)

// fetch reads the rows that need a closer look, maps them, and writes what must be done about each.
func (p *planner) fetch(ctx context.Context) error {
	var done int64
	for {
		rows, err := p.walk.Fetch()
		if err != nil || len(rows) == 0 {
			return err
		}
		for len(rows) > 0 {
			n := min(len(rows), lookup)
			if err := p.rows(ctx, rows[:n]); err != nil {
				return err
			}
			rows = rows[n:]
			done += int64(n)
		}
		p.tell("planning", done, p.total)
	}
}

func (p *planner) rows(ctx context.Context, rows []engine.Fetched) error {
	keys := make([]model.Key, len(rows))
	for i := range rows {
		keys[i] = rows[i].Key
	}
	known, err := p.past.Details(ctx, p.state.Ref, keys)
	if err != nil {
		return err
	}
	if err := p.forgetTaken(known); err != nil {
		return err
	}
	for i := range rows {
		detail, has := known[rows[i].Key]
		if err := p.row(&rows[i], detail, has); err != nil {
			return err
		}
	}
	return nil
}

// forgetTaken forgets the match under which a record may have been made, by a call nobody saw the end of, where another
// row carries it now: whatever stands there is that row's.
func (p *planner) forgetTaken(known map[model.Key]model.Detail) error {
	var texts []string
	for _, was := range known {
		if was.State == model.Unknown && !was.Accepted && len(was.Match) > 0 {
			texts = append(texts, matchText(was.Match))
		}
	}
	live, err := p.walk.LiveMatches(texts)
	if err != nil {
		return err
	}
	for key, was := range known {
		if heir, taken := live[matchText(was.Match)]; taken && heir != key && !was.Accepted {
			was.Match = nil
			known[key] = was
		}
	}
	return nil
}

// row decides about one row. Guarantee G5: a row that breaks its contract or cannot be mapped is set aside; nothing else is
// sent in its place.
func (p *planner) row(row *engine.Fetched, was model.Detail, has bool) error {
	if row.Bad != "" {
		return p.aside(row.Key, "model", "model.not_a_value",
			"the column "+row.Bad+" holds NaN, an infinity or another value that no payload can carry", "")
	}
	if row.SharedMatch {
		return p.aside(row.Key, "model", "model.shared_match",
			"another row of the model has the same match value; both would write the same record", "")
	}
	if broken := p.reading.broken(row.Values); len(broken) > 0 {
		return p.asideByContract(row.Key, broken)
	}
	result, problem := p.reading.program.Apply(row.Values)
	if problem != nil {
		return p.aside(row.Key, "mapping", problem.Code, problem.Field+": "+problem.Message, "")
	}
	p.sum.Read++
	return p.decide(row, result, was, has)
}

// decide compares what should stand at the destination with what was accepted there. Guarantee G19: where they are the
// same, nothing is sent.
func (p *planner) decide(row *engine.Fetched, to mapping.Result, was model.Detail, has bool) error {
	step := plan.Step{Key: row.Key, RowHash: row.Hash, PayloadHash: to.Fields.Hash(), Match: to.Match, Fields: to.Fields,
		Origin: was.Origin, Version: p.version(row), RemoteID: idOf(was)}
	was.Accepted = was.Accepted && was.State != model.Removed // what was removed is made anew
	step.Kind, step.Cause = kindOf(was, has)
	// A record whose making nobody saw the end of may stand under the match it was sent with.
	stands := was.Accepted || was.State == model.Unknown && len(was.Match) > 0
	moves := stands && !sameFields(was.Match, to.Match)
	same := was.Accepted && was.PayloadHash == step.PayloadHash && !moves
	if same && was.State != model.Unknown && !p.full {
		p.sum.Unchanged++
		return p.touch(step)
	}
	if p.job.Sync.Mode == model.Insert && (was.Accepted || existed(was, has)) {
		p.sum.Filtered++ // insert makes records and never changes them
		return p.touch(step)
	}
	step.Verb = writing[p.job.Sync.Mode]
	if was.Accepted {
		step.Before = changedFrom(was, to.Fields)
	}
	if moves {
		step.PriorMatch = was.Match
	}
	return p.out.Add(&step)
}

// existed says that an insert found the record there before us.
func existed(was model.Detail, has bool) bool {
	return has && was.State == model.Synced && !was.Accepted
}

// touch notes a row as confirmed although nothing is sent for it.
func (p *planner) touch(step plan.Step) error {
	return p.out.Add(&plan.Step{Kind: plan.Touch, Key: step.Key, RowHash: step.RowHash, Cause: "the payload is the same"})
}

// writing is the verb each mode writes with.
var writing = map[model.Mode]connect.Verb{
	model.Upsert: connect.Upsert,
	model.Mirror: connect.Upsert,
	model.Update: connect.Update,
	model.Insert: connect.Insert,
}

// unseenCause is the cause of steps for records that an earlier call may have written.
const unseenCause = "outcome unknown"

// kindOf says why a row is looked at, in the words a person sees.
func kindOf(was model.Detail, has bool) (plan.Kind, string) {
	switch {
	case !has:
		return plan.Enter, "new in the model"
	case was.State == model.Rejected:
		return plan.Again, "refused before"
	case was.State == model.Unknown:
		return plan.Again, unseenCause
	case was.State == model.Left || was.State == model.Removed:
		return plan.Return, "came back to the model"
	default:
		return plan.Change, "changed"
	}
}

// version grows with every change of a key: the row's own commit time where the model names one, else the ledger's
// generation, which every run raises.
func (p *planner) version(row *engine.Fetched) string {
	if row.Version != "" {
		return row.Version
	}
	return strconv.FormatInt(p.state.Generation+1, 10)
}

// changedFrom gives, for every field that differs now, the accepted value: Null where it was null or was never sent.
func changedFrom(was model.Detail, now model.Fields) model.Fields {
	accepted, err := model.ParseFlat(was.Payload)
	if err != nil {
		return nil
	}
	var differ model.Fields
	for _, f := range now {
		if v, there := accepted.Get(f.Name); !there || !sameValue(v, f.Value) {
			differ = append(differ, model.Field{Name: f.Name, Value: v})
		}
	}
	return differ
}

// sameValue compares as a payload does: a date and its text are one value in JSON.
func sameValue(a, b model.Value) bool {
	return a == b || string(a.AppendJSON(nil)) == string(b.AppendJSON(nil))
}

func sameFields(a, b model.Fields) bool {
	return string(a.AppendFlat(nil)) == string(b.AppendFlat(nil))
}
