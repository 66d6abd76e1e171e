package connecttest

import (
	"context"
	"errors"
	"fmt"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/model"
)

// powerChecks: the small interfaces a destination has besides Deliver are claimed by having them.
func powerChecks() []check {
	return []check{
		{name: "probe", when: has[connect.Prober], run: probes},
		{name: "probe-unauthorized", when: has[connect.Prober], run: probesUnauthorized},
		{name: "describe", when: has[connect.Describer], run: describes},
		{name: "read", when: has[connect.Reader], run: reads},
		{name: "list", when: has[connect.Lister], run: lists},
		{name: "job", when: takesJobs, run: job},
		{name: "job-after-restart", when: takesJobs, run: jobAfterRestart},
	}
}

func has[Power any](b *bench) bool { _, ok := b.dest.(Power); return ok }

func probes(b *bench) error {
	first, err := b.dest.(connect.Prober).Probe(b.t.Context())
	if err != nil {
		return fmt.Errorf("probing: %w", err)
	}
	second, err := b.dest.(connect.Prober).Probe(b.t.Context())
	if err != nil || first.ID == "" || first.ID != second.ID {
		return fmt.Errorf("the account is %q and then %q (%v), want one id", first.ID, second.ID, err)
	}
	if n := b.peer.Calls(); n != 0 {
		return fmt.Errorf("probing made %d calls that ask for a change", n)
	}
	return nil
}

func probesUnauthorized(b *bench) error {
	if err := b.inject(Fault{Kind: UnauthorizedForGood}); err != nil {
		return err
	}
	_, err := b.dest.(connect.Prober).Probe(b.t.Context())
	return b.note(answer{err: err}).of(connect.Unauthorized)
}

func describes(b *bench) error {
	info, err := b.dest.(connect.Describer).Describe(b.t.Context(), b.object.Name)
	if err != nil {
		return fmt.Errorf("describing: %w", err)
	}
	op := b.object.Op(b.verb(), 0, 0)
	for _, f := range op.Fields {
		if _, ok := info.Field(f.Name); !ok {
			return fmt.Errorf("the description has no field %s", f.Name)
		}
	}
	for _, f := range op.Match {
		if field, ok := info.Field(f.Name); !ok || !field.Unique {
			return fmt.Errorf("the match field %s is described: %v, unique: %v", f.Name, ok, field.Unique)
		}
	}
	_, err = b.dest.(connect.Describer).Describe(b.t.Context(), "no_such_object_7f3a")
	if err == nil {
		return errors.New("an object that does not exist is described")
	}
	b.note(answer{err: err})
	return nil
}

func fieldNames(fields model.Fields) []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
	}
	return names
}

func reads(b *bench) error {
	batch, a, err := b.seed(3)
	if err != nil {
		return err
	}
	order := []int{2, 0, 1}
	var lookups []connect.Lookup
	for _, i := range order {
		op := batch.Ops[i]
		lookups = append(lookups, connect.Lookup{Key: op.Key, Match: op.Match, RemoteID: a.outcomes[i].RemoteID})
	}
	absent := b.object.Op(b.verb(), 9, 0)
	lookups = append(lookups, connect.Lookup{Key: absent.Key, Match: absent.Match})
	found, err := b.dest.(connect.Reader).Read(b.t.Context(), b.object.Name, lookups, fieldNames(absent.Fields))
	if err != nil || len(found) != len(lookups) {
		return fmt.Errorf("reading %d records gave %d: %v", len(lookups), len(found), err)
	}
	if found[3].Exists {
		return errors.New("a record that was never made is found")
	}
	for at, i := range order {
		if err := b.shows(found[at], batch.Ops[i]); err != nil {
			return fmt.Errorf("record %d: %w", i, err)
		}
	}
	return nil
}

func (b *bench) shows(found connect.Found, op connect.Operation) error {
	if !found.Exists {
		return errors.New("it is not found")
	}
	record := map[string]string{}
	for _, f := range found.Fields {
		if !f.Value.IsNull() {
			record[f.Name] = f.Value.Text
		}
	}
	return b.carries(record, op.Fields)
}

func lists(b *bench) error {
	batch, _, err := b.seed(7)
	if err != nil {
		return err
	}
	names := fieldNames(append(append(model.Fields{}, batch.Ops[0].Match...), batch.Ops[0].Fields...))
	byIdentity := map[string]connect.Found{}
	err = b.dest.(connect.Lister).List(b.t.Context(), b.object.Name, names, func(f connect.Found) error {
		byIdentity[b.identity(connect.Operation{Match: matchOf(f, batch.Ops[0].Match)})] = f
		return nil
	})
	if err != nil || len(byIdentity) != len(batch.Ops) {
		return fmt.Errorf("listing %d records gave %d: %v", len(batch.Ops), len(byIdentity), err)
	}
	for i, op := range batch.Ops {
		found, ok := byIdentity[b.identity(op)]
		if found.Exists = ok; !ok {
			return fmt.Errorf("record %d is not in the list", i)
		}
		if err := b.shows(found, op); err != nil {
			return fmt.Errorf("record %d: %w", i, err)
		}
	}
	return nil
}

// matchOf finds the match fields of a listed record: a list does not know by which field we match.
func matchOf(f connect.Found, like model.Fields) model.Fields {
	if len(f.Match) > 0 {
		return f.Match
	}
	var match model.Fields
	for _, m := range like {
		if v, ok := f.Fields.Get(m.Name); ok {
			match = append(match, model.Field{Name: m.Name, Value: v})
		}
	}
	return match
}

// jobRows is more than any synchronous interface takes gladly.
const jobRows = 1_000_000

func takesJobs(b *bench) bool {
	l, ok := b.dest.(connect.Limiter)
	return ok && has[connect.Jobs](b) && l.Limits(b.object.Name, b.verb(), jobRows).Job
}

func job(b *bench) error {
	jobs := b.dest.(connect.Jobs)
	batch := b.batch(b.verb(), 0, 10, 0)
	ctx, cancel := context.WithTimeout(b.t.Context(), deliverTimeout)
	defer cancel()
	token, err := jobs.Begin(ctx, batch)
	if err != nil || token == "" {
		return fmt.Errorf("beginning a job gave token %q: %v", token, err)
	}
	if err := b.holdsExactly(nil); err != nil {
		return fmt.Errorf("after beginning: %w", err)
	}
	for range 2 {
		outcomes, err := jobs.Finish(ctx, token, batch)
		if err := b.note(answer{outcomes, err}).accepted(10); err != nil {
			return fmt.Errorf("finishing the job: %w", err)
		}
	}
	return b.holdsExactly(batch.Ops)
}

// jobAfterRestart: another process that knows the token alone finishes the job.
func jobAfterRestart(b *bench) error {
	batch := b.batch(b.verb(), 0, 10, 0)
	ctx, cancel := context.WithTimeout(b.t.Context(), deliverTimeout)
	defer cancel()
	token, err := b.dest.(connect.Jobs).Begin(ctx, batch)
	if err != nil {
		return fmt.Errorf("beginning a job: %w", err)
	}
	second, err := b.h.Driver.Destination(b.t.Context(), b.peer.Settings)
	if err != nil {
		return fmt.Errorf("opening the destination again: %w", err)
	}
	defer func() { _ = second.Close() }()
	outcomes, err := second.(connect.Jobs).Finish(ctx, token, batch)
	if err := b.note(answer{outcomes, err}).accepted(10); err != nil {
		return err
	}
	return b.holdsExactly(batch.Ops)
}
