package plan

import (
	"cmp"
	"slices"

	"github.com/freshet/freshet/sync/connect"
)

// samplesAKind is how many steps of every kind a summary shows in full.
const samplesAKind = 10

// tally counts steps as they go by.
type tally struct {
	counts  Counts
	verbs   [connect.Delete + 1]int64
	removed map[RemovalCount]int64
	codes   map[codeKey]*CodeCount
	fields  map[string]int64
	samples [len(kindNames)][]Sample
}

type codeKey struct{ code, stage string }

func newTally() tally {
	return tally{removed: map[RemovalCount]int64{}, codes: map[codeKey]*CodeCount{}, fields: map[string]int64{}}
}

func (t *tally) add(s *Step) {
	*t.counter(s.Kind)++
	if s.Kind.Sends() {
		t.counts.Sends++
		t.verbs[s.Verb]++
		if s.Verb.Leaving() {
			t.counts.Removals++
			t.removed[RemovalCount{Cause: s.Cause, Verb: s.Verb.String(), Origin: s.Origin.String()}]++
		}
	}
	if s.Kind == Quarantine {
		t.addCode(s)
	}
	if !s.Verb.Leaving() {
		for _, f := range s.Before {
			t.fields[f.Name]++
		}
	}
	if len(t.samples[s.Kind]) < samplesAKind {
		t.samples[s.Kind] = append(t.samples[s.Kind], sample(s))
	}
}

func (t *tally) counter(k Kind) *int64 {
	c := &t.counts
	return [...]*int64{Enter: &c.Enter, Change: &c.Change, Return: &c.Return, Again: &c.Again, Leave: &c.Leave,
		Touch: &c.Touch, Lapse: &c.Lapse, Quarantine: &c.Quarantine}[k]
}

func (t *tally) addCode(s *Step) {
	key := codeKey{s.Code, s.Stage}
	if t.codes[key] == nil {
		t.codes[key] = &CodeCount{Code: s.Code, Stage: s.Stage, Message: s.Message}
	}
	t.codes[key].Rows++
}

// fill puts what was counted into the caller's summary.
func (t *tally) fill(s Summary) Summary {
	c := t.counts
	c.Rows, c.Read, c.Unchanged, c.Holds = s.Rows, s.Read, s.Unchanged, s.Holds
	c.Superseded, c.Filtered, c.Waiting = s.Superseded, s.Filtered, s.Waiting
	c.After = c.Holds + c.Enter + c.Return - c.Removals - c.Lapse
	s.Counts = c
	s.Format = Format
	s.Verbs = t.verbList()
	s.Removed = t.removals()
	s.Quarantined = t.reasons()
	s.Changed = t.changes()
	s.Samples = slices.Concat(t.samples[:]...)
	return s
}

func (t *tally) verbList() []VerbCount {
	list := []VerbCount{}
	for _, segment := range order {
		if n := t.verbs[segment.Verb]; segment.Verb != connect.NoVerb && n > 0 {
			list = append(list, VerbCount{Verb: segment.Verb.String(), Steps: n})
		}
	}
	return list
}

func (t *tally) removals() []RemovalCount {
	var list []RemovalCount
	for r, n := range t.removed {
		r.Steps = n
		list = append(list, r)
	}
	slices.SortFunc(list, func(a, b RemovalCount) int {
		return cmp.Or(cmp.Compare(b.Steps, a.Steps), cmp.Compare(a.Cause, b.Cause), cmp.Compare(a.Verb, b.Verb), cmp.Compare(a.Origin, b.Origin))
	})
	return list
}

func (t *tally) reasons() []CodeCount {
	var list []CodeCount
	for _, c := range t.codes {
		list = append(list, *c)
	}
	slices.SortFunc(list, func(a, b CodeCount) int {
		return cmp.Or(cmp.Compare(b.Rows, a.Rows), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Stage, b.Stage))
	})
	return list
}

func (t *tally) changes() []FieldCount {
	var list []FieldCount
	for name, n := range t.fields {
		list = append(list, FieldCount{Field: name, Changed: n})
	}
	slices.SortFunc(list, func(a, b FieldCount) int {
		return cmp.Or(cmp.Compare(b.Changed, a.Changed), cmp.Compare(a.Field, b.Field))
	})
	return list
}

// sample shows a step in full; of a removal, what stands there before it.
func sample(s *Step) Sample {
	out := Sample{Kind: s.Kind, Key: s.Key, Cause: s.Cause, Code: s.Code, Message: s.Message, Where: s.Where}
	if s.Kind.Sends() {
		out.Verb, out.Origin = s.Verb.String(), s.Origin.String()
	}
	if s.Verb.Leaving() {
		for _, f := range s.Before {
			was := JSONValue(f.Value)
			out.Fields = append(out.Fields, SampleField{Field: f.Name, Before: &was, Changed: true})
		}
		return out
	}
	for _, f := range s.Fields {
		shown := SampleField{Field: f.Name, After: JSONValue(f.Value)}
		if before, ok := s.Before.Get(f.Name); ok {
			was := JSONValue(before)
			shown.Before, shown.Changed = &was, true
		}
		out.Fields = append(out.Fields, shown)
	}
	return out
}
