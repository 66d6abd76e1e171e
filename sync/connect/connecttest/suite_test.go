package connecttest

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/model"
)

// The suite itself is tested with a small connector in memory: as it should be, it passes every check; with any one
// of these bugs, at least one check fails.
var bugs = []string{"lost is accepted", "lost is refused", "page is accepted", "cut reply is accepted", "left out is accepted",
	"answers by order", "bad row spoils all", "repeat doubles", "wait is dropped", "throttle is lost", "403 is 401", "401 is lost",
	"batch is cut", "batch is cut in silence", "null is ignored", "absent is cleared", "text is trimmed", "empty is null", "missing is an error",
	"clear removes", "delete keeps", "stop is ignored", "stopped is lost", "row is printed", "row is logged", "secret is printed",
	"secret in outcome", "goroutine stays", "any verb", "empty batch calls", "outcome is forgotten", "poison claims rows", "stale poison"}

const memorySecret = "memory-secret-90b1"

func TestTheSuitePassesAGoodConnector(t *testing.T) {
	Run(t, harness(""))
}

func TestTheSuiteCatchesEveryBug(t *testing.T) {
	logs := captureLogs(t)
	for _, bug := range bugs {
		t.Run(bug, func(t *testing.T) {
			h := harness(bug)
			var caught []string
			for _, c := range allChecks() {
				if _, err := attempt(t, h, h.Objects[0], c, logs); err != nil {
					if _, waived := h.Skip[c.name]; !waived {
						caught = append(caught, c.name)
					}
				}
				if bug == "goroutine stays" && caught != nil {
					break // each would wait for it
				}
			}
			if caught == nil {
				t.Error("no check fails")
			}
			t.Log(caught)
		})
	}
}

func harness(bug string) Harness {
	return Harness{
		Driver:  connect.Driver{Spec: memorySpec(), Destination: openMemory(bug)},
		Objects: []Object{{Name: "things", Text: "note", Op: memoryOp}},
		Start:   startMemory,
		Skip:    map[string]string{"unauthorized-once": "Memory has no tokens."},
	}
}

func memorySpec() connect.Spec {
	verbs := []connect.Ability{}
	for _, v := range []connect.Verb{connect.Upsert, connect.Clear, connect.Delete} {
		verbs = append(verbs, connect.Ability{Verb: v, Guarantee: connect.A, Meaning: "It does."})
	}
	return connect.Spec{Type: "memory", Title: "Memory", Summary: "Forgets.", Objects: []connect.Object{
		{Name: "things", Title: "Things", Verbs: verbs, Limits: connect.Limits{Rows: 50}}}}
}

func memoryOp(verb connect.Verb, i, revision int) connect.Operation {
	op := connect.Operation{Key: model.Key(fmt.Sprint(i))}
	switch verb {
	case connect.Delete:
	case connect.Clear:
		op.Fields = model.Fields{{Name: "note"}}
	default:
		op.Fields = model.Fields{{Name: "note", Value: model.Text("hello")}, {Name: "revision", Value: model.Integer(int64(revision))}}
	}
	return op
}

// memory is vendor and connector in one.
type memory struct {
	mu     sync.Mutex
	held   map[string]map[string]string
	calls  int
	faults []Fault
	poison map[model.Key]bool
	closed bool
}

func startMemory(*testing.T) Peer {
	m := &memory{held: map[string]map[string]string{}, poison: map[model.Key]bool{}}
	return Peer{
		Settings: connect.Settings{Secrets: map[string]connect.Secret{"token": connect.NewSecret(memorySecret)},
			Maps: map[string]map[string]any{"memory": {"m": m}}},
		Applied: func(object string) map[string]map[string]string { return m.applied(object) },
		Calls:   func() int { m.mu.Lock(); defer m.mu.Unlock(); return m.calls },
		Inject:  m.inject,
		Close:   func() {},
	}
}

func (m *memory) applied(object string) map[string]map[string]string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if object != "things" {
		return nil
	}
	return maps.Clone(m.held)
}

func (m *memory) inject(f Fault) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch f.Kind {
	case UnauthorizedOnce:
		return ErrUnsupported
	case UnauthorizedForGood:
		m.closed = true
	default:
		m.faults = append(m.faults, f)
	}
	return nil
}

func openMemory(bug string) func(context.Context, connect.Settings) (connect.Destination, error) {
	return func(_ context.Context, s connect.Settings) (connect.Destination, error) {
		d := &dest{memory: s.Map("memory")["m"].(*memory), bug: bug}
		if bug == "goroutine stays" {
			go func() { select {} }()
		}
		return d, nil
	}
}

type dest struct {
	*memory
	bug string
}

func (d *dest) Close() error { return nil }

func (d *dest) fails(class connect.Class, words string) ([]connect.Outcome, error) {
	return nil, &connect.CallError{Class: class, Message: words}
}

func (d *dest) accepts(n int) []connect.Outcome {
	return slices.Repeat([]connect.Outcome{{Verdict: connect.Accepted}}, n)
}

func (d *dest) Deliver(ctx context.Context, b connect.Batch) ([]connect.Outcome, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(b.Ops) == 0 && d.bug != "empty batch calls" {
		return nil, nil
	}
	if ctx.Err() != nil && d.bug != "stopped is lost" {
		return nil, &connect.CallError{Class: connect.NotSent, Err: ctx.Err()}
	}
	if ctx.Err() != nil {
		return nil, &connect.CallError{Err: ctx.Err()}
	}
	if b.Object != "things" {
		return d.fails(connect.Gone, "no such object")
	}
	if b.Verb != connect.Upsert && b.Verb != connect.Clear && b.Verb != connect.Delete && d.bug != "any verb" {
		return d.fails(connect.Refused, "no such verb")
	}
	if len(b.Ops) > 50 {
		switch d.bug {
		case "batch is cut":
			b.Ops = b.Ops[:50]
		case "batch is cut in silence":
			return d.accepts(len(b.Ops)), nil
		default:
			return d.fails(connect.TooLarge, "too many")
		}
	}
	d.calls++
	return d.answer(ctx, b)
}

func (d *dest) answer(ctx context.Context, b connect.Batch) ([]connect.Outcome, error) {
	if d.closed {
		if d.bug == "401 is lost" {
			return d.fails(connect.Lost, "")
		}
		return d.fails(connect.Unauthorized, "credentials")
	}
	f := Fault{}
	if len(d.faults) > 0 {
		f, d.faults = d.faults[0], d.faults[1:]
	}
	switch f.Kind {
	case DropBeforeApply, ServerError, HTML, Garbage, HugeReply, Throttle, ThrottleNoHint, Forbidden:
		return d.turnedAway(f, b)
	case WholeBatchRefused:
		for _, i := range f.Rows {
			d.poison[b.Ops[i].Key] = true
		}
	}
	if slices.ContainsFunc(b.Ops, func(op connect.Operation) bool { return d.poison[op.Key] }) {
		switch d.bug {
		case "poison claims rows":
			return d.accepts(len(b.Ops)), nil
		case "stale poison":
			d.apply(b, nil)
		}
		return d.fails(connect.Refused, "something is wrong")
	}
	return d.finish(ctx, f, b)
}

func (d *dest) turnedAway(f Fault, b connect.Batch) ([]connect.Outcome, error) {
	switch {
	case d.bug == "lost is accepted" && f.Kind == DropBeforeApply, d.bug == "page is accepted" && f.Kind == HTML:
		return d.accepts(len(b.Ops)), nil
	case d.bug == "throttle is lost" && f.Kind == Throttle:
		return d.fails(connect.Lost, "")
	case d.bug == "wait is dropped" && f.Kind == Throttle:
		return d.fails(connect.Throttled, "")
	case f.Kind == Throttle, f.Kind == ThrottleNoHint:
		return nil, &connect.CallError{Class: connect.Throttled, After: f.After}
	case f.Kind == Forbidden && d.bug != "403 is 401":
		return d.fails(connect.Forbidden, "not allowed")
	case f.Kind == Forbidden:
		return d.fails(connect.Unauthorized, "not allowed")
	case d.bug == "row is printed":
		note, _ := b.Ops[0].Fields.Get("note")
		return d.fails(connect.Lost, "the server failed at "+note.Text)
	case d.bug == "row is logged":
		slog.Info("failed", "row", b.Ops[0])
	case d.bug == "secret is printed":
		return nil, fmt.Errorf("calling with %s: %w", memorySecret, &connect.CallError{})
	}
	return d.fails(connect.Lost, "")
}

func (d *dest) finish(ctx context.Context, f Fault, b connect.Batch) ([]connect.Outcome, error) {
	rejected := f.Rows
	if f.Kind == ReorderOutcomes {
		rejected = []int{len(b.Ops) - 1}
	} else if f.Kind != PartialReject {
		rejected = nil
	}
	out := d.apply(b, rejected)
	switch f.Kind {
	case DropAfterApply, ServerErrorApplied:
		if d.bug == "lost is refused" {
			return d.fails(connect.Refused, "")
		}
		return d.fails(connect.Lost, "")
	case Truncated:
		if d.bug != "cut reply is accepted" {
			return d.fails(connect.Lost, "")
		}
	case SlowReply:
		return d.slow(ctx, f, out)
	case OmitOutcome:
		for _, i := range f.Rows {
			if d.bug != "left out is accepted" {
				out[i] = connect.Outcome{}
			}
		}
	case ReorderOutcomes:
		if d.bug == "answers by order" {
			slices.Reverse(out)
		}
	case PartialReject:
		if d.bug == "bad row spoils all" {
			out = slices.Repeat([]connect.Outcome{{Verdict: connect.Rejected, Code: "BAD"}}, len(out))
		}
	}
	if d.bug == "outcome is forgotten" {
		out = out[1:]
	}
	return out, nil
}

func (d *dest) slow(ctx context.Context, f Fault, out []connect.Outcome) ([]connect.Outcome, error) {
	if d.bug == "stop is ignored" {
		time.Sleep(3 * time.Second)
		return out, nil
	}
	select {
	case <-ctx.Done():
		return nil, &connect.CallError{Err: ctx.Err()}
	case <-time.After(f.After):
		return out, nil
	}
}

func (d *dest) apply(b connect.Batch, rejected []int) []connect.Outcome {
	out := make([]connect.Outcome, len(b.Ops))
	for i, op := range b.Ops {
		if slices.Contains(rejected, i) {
			out[i] = connect.Outcome{Verdict: connect.Rejected, Code: "BAD", Message: "not good"}
			if d.bug == "secret in outcome" {
				out[i].Message += memorySecret
			}
			continue
		}
		out[i].Verdict = d.applyOne(b, op)
	}
	return out
}

func (d *dest) applyOne(b connect.Batch, op connect.Operation) connect.Verdict {
	key := string(op.Key)
	record, there := d.held[key]
	if b.Verb.Leaving() && !there {
		if d.bug == "missing is an error" {
			return connect.Rejected
		}
		return connect.Missing
	}
	if b.Verb == connect.Delete && d.bug == "delete keeps" {
		return connect.Accepted
	}
	if b.Verb == connect.Delete || b.Verb == connect.Clear && d.bug == "clear removes" {
		delete(d.held, key)
		return connect.Accepted
	}
	if d.bug == "repeat doubles" && there && b.Attempt > 1 {
		key += "'"
	}
	record = maps.Clone(record)
	if record == nil || d.bug == "absent is cleared" {
		record = map[string]string{}
	}
	d.write(record, op.Fields)
	d.held[key] = record
	return connect.Accepted
}

func (d *dest) write(record map[string]string, fields model.Fields) {
	for _, f := range fields {
		switch {
		case f.Value.IsNull() && d.bug == "null is ignored":
		case f.Value.IsNull(), d.bug == "empty is null" && f.Value.Text == "":
			delete(record, f.Name)
		case d.bug == "text is trimmed":
			record[f.Name] = strings.Join(strings.Fields(f.Value.Text), " ")
		default:
			record[f.Name] = f.Value.Text
		}
	}
}

func TestAnIncompleteSpecIsRefused(t *testing.T) {
	for name, spoil := range map[string]func(*connect.Spec){
		"no title": func(s *connect.Spec) { s.Title = "" },
		"no help":  func(s *connect.Spec) { s.Settings = []connect.Setting{{Name: "url", Title: "Address"}} },
		"setting twice": func(s *connect.Spec) {
			s.Settings = slices.Repeat([]connect.Setting{{Name: "a", Title: "A", Help: "A."}}, 2)
		},
		"no guarantee":     func(s *connect.Spec) { s.Objects[0].Verbs[0].Guarantee = connect.NoGuarantee },
		"no meaning":       func(s *connect.Spec) { s.Objects[0].Verbs[0].Meaning = "" },
		"no limits":        func(s *connect.Spec) { s.Objects[0].Limits = connect.Limits{} },
		"open, not stated": func(s *connect.Spec) { s.Open = true },
	} {
		s := memorySpec()
		spoil(&s)
		if specComplete(s) == nil {
			t.Errorf("%s: it is taken", name)
		}
	}
	if err := specComplete(memorySpec()); err != nil {
		t.Error(err)
	}
}

func TestWaiversAreFoundByObjectAndName(t *testing.T) {
	used := map[string]bool{}
	skip := map[string]string{"things/list": "a", "read": "b"}
	for _, c := range []struct {
		object, name string
		want         bool
	}{{"things", "list", true}, {"others", "list", false}, {"others", "read", true}} {
		if _, ok := waiver(skip, c.object, c.name, used); ok != c.want {
			t.Errorf("%s/%s is waived: %v", c.object, c.name, ok)
		}
	}
	if !used["things/list"] || !used["read"] {
		t.Errorf("used are %v", used)
	}
}
