package connecttest

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/model"
)

// canary stands in rows and must stand nowhere else.
const canary = "canary.person.7f3a@example.test"

// callID gives the n-th call of a check its id, in the form the engine uses.
func callID(n int) model.CallID { return model.CallID(fmt.Sprintf("call_%026d", n)) }

// filtered says whether only some subtests were asked for, so that waivers can be unused.
func filtered() bool {
	f := flag.Lookup("test.run")
	return f != nil && strings.Contains(f.Value.String(), "/")
}

// logText collects log lines; safe for concurrent use.
type logText struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *logText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logText) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (l *logText) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.b.Reset()
}

// class finds what is known of a failed call.
func class(err error) (connect.Class, bool) {
	var call *connect.CallError
	if !errors.As(err, &call) {
		return 0, false
	}
	return call.Class, true
}

// accepted demands that every operation was taken.
func (a answer) accepted(n int) error {
	if a.err != nil {
		return fmt.Errorf("delivering: %w", a.err)
	}
	if len(a.outcomes) != n {
		return fmt.Errorf("%d outcomes for %d operations", len(a.outcomes), n)
	}
	for i, o := range a.outcomes {
		if o.Verdict != connect.Accepted {
			return fmt.Errorf("row %d is %v (%s %s), want accepted", i, o.Verdict, o.Code, o.Message)
		}
	}
	return nil
}

// verdicts demands a verdict for each row.
func (a answer) verdicts(want ...connect.Verdict) error {
	if a.err != nil {
		return fmt.Errorf("delivering: %w", a.err)
	}
	if len(a.outcomes) != len(want) {
		return fmt.Errorf("%d outcomes for %d operations", len(a.outcomes), len(want))
	}
	for i, o := range a.outcomes {
		if o.Verdict != want[i] {
			return fmt.Errorf("row %d is %v (%s %s), want %v", i, o.Verdict, o.Code, o.Message, want[i])
		}
	}
	return nil
}

// of demands that the call failed as a whole with one of these classes.
func (a answer) of(classes ...connect.Class) error {
	if a.err == nil {
		return fmt.Errorf("no error, want the call %v", classes)
	}
	got, ok := class(a.err)
	if !ok {
		return fmt.Errorf("the error is a %T, want a *connect.CallError", a.err)
	}
	if !slices.Contains(classes, got) {
		return fmt.Errorf("the call was %v (%w), want %v", got, a.err, classes)
	}
	return nil
}

// unknown demands that nothing is claimed of any row: neither that it was taken nor that it was refused.
func (a answer) unknown(n int) error {
	if a.err != nil {
		return a.of(connect.Lost)
	}
	want := slices.Repeat([]connect.Verdict{connect.Unknown}, n)
	return a.verdicts(want...)
}

// identity is how Peer.Applied names a record.
func (b *bench) identity(op connect.Operation) string {
	if len(op.Match) == 0 {
		return string(op.Key)
	}
	texts := make([]string, len(op.Match))
	for i, f := range op.Match {
		texts[i] = f.Value.Text
		if b.spec.Match.Fold {
			texts[i] = strings.ToLower(strings.TrimSpace(texts[i]))
		}
	}
	return strings.Join(texts, "|")
}

// holdsExactly demands that the fake holds these records and no others, each with the fields of its operation.
func (b *bench) holdsExactly(ops []connect.Operation) error {
	held := b.peer.Applied(b.object.Name)
	if len(held) != len(ops) {
		return fmt.Errorf("the destination holds %d records, want %d", len(held), len(ops))
	}
	for i, op := range ops {
		record, ok := held[b.identity(op)]
		if !ok {
			return fmt.Errorf("row %d is not at the destination", i)
		}
		if err := b.carries(record, op.Fields); err != nil {
			return fmt.Errorf("row %d: %w", i, err)
		}
	}
	return nil
}

func (b *bench) carries(record map[string]string, fields model.Fields) error {
	for _, f := range fields {
		if err := b.carriesField(record, f); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) carriesField(record map[string]string, f model.Field) error {
	got, ok := record[f.Name]
	gone := f.Value.IsNull() || b.object.EmptyClears && f.Value.Text == ""
	switch {
	case gone && ok && !(b.object.EmptyClears && got == ""):
		return fmt.Errorf("%s still holds a value, want it cleared", f.Name)
	case gone:
		return nil
	case !ok:
		return fmt.Errorf("%s is not there; the record has %v", f.Name, slices.Sorted(maps.Keys(record)))
	case got != f.Value.Text:
		return fmt.Errorf("%s is %q, want %q", f.Name, got, f.Value.Text)
	}
	return nil
}

// with gives the operation another value of the free text field.
func (b *bench) with(op connect.Operation, v model.Value) connect.Operation {
	fields := slices.Clone(op.Fields)
	i := slices.IndexFunc(fields, func(f model.Field) bool { return f.Name == b.object.Text })
	if i < 0 {
		fields = append(fields, model.Field{Name: b.object.Text, Value: v})
	} else {
		fields[i].Value = v
	}
	fields.Sort()
	op.Fields = fields
	return op
}

// seed makes the first n records.
func (b *bench) seed(n int) (connect.Batch, answer, error) {
	batch := b.batch(b.verb(), 0, n, 0)
	a := b.deliver(batch)
	if err := a.accepted(n); err != nil {
		return batch, a, fmt.Errorf("making %d records first: %w", n, err)
	}
	return batch, a, nil
}
