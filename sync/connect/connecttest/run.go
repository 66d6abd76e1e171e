package connecttest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/freshet/freshet/sync/connect"
)

// check is one promise of a connector. It returns what is wrong, nil where the promise holds.
type check struct {
	name string
	when func(*bench) bool // nil: always
	run  func(*bench) error
}

// Run holds a connector to the contract.
func Run(t *testing.T, h Harness) {
	t.Helper()
	if len(h.Objects) == 0 || h.Start == nil || h.Driver.Destination == nil {
		t.Fatal("the harness needs a destination, objects and a fake")
	}
	logs := captureLogs(t)
	used := map[string]bool{}
	t.Run("spec", func(t *testing.T) {
		if err := specComplete(h.Driver.Spec); err != nil {
			t.Error(err)
		}
	})
	for _, object := range h.Objects {
		t.Run(object.Name, func(t *testing.T) {
			for _, c := range allChecks() {
				t.Run(c.name, func(t *testing.T) { runCheck(t, h, object, c, logs, used) })
			}
		})
	}
	for name := range h.Skip {
		if !used[name] && !filtered() {
			t.Errorf("the waiver %q names no check that ran: remove it", name)
		}
	}
}

func allChecks() []check {
	return slices.Concat(deliverChecks(), answerChecks(), lossChecks(), refusalChecks(), leavingChecks(), valueChecks(),
		powerChecks(), conductChecks())
}

// runCheck runs one check with a fake of its own. A waived check runs too: where it passes, the waiver is stale.
func runCheck(t *testing.T, h Harness, object Object, c check, logs *logText, used map[string]bool) {
	t.Helper()
	claimed, err := attempt(t, h, object, c, logs)
	if !claimed {
		t.Skip("not claimed")
	}
	reason, waived := waiver(h.Skip, object.Name, c.name, used)
	switch {
	case waived && err == nil:
		t.Errorf("the waiver (%s) is stale: the check passes, remove it", reason)
	case waived:
		t.Skipf("waived: %s", reason)
	case err != nil:
		t.Error(err)
	}
}

// attempt runs a check and says whether the connector claims what it is about, and what is wrong. Whatever the check
// is, nothing may be left open, and no secret and no row may stand where it must not.
func attempt(t *testing.T, h Harness, object Object, c check, logs *logText) (claimed bool, err error) {
	t.Helper()
	goroutines, connections := goleak.IgnoreCurrent(), openConnections()
	b := newBench(t, h, object, logs)
	defer b.peer.Close()
	if c.when != nil && !c.when(b) {
		return false, b.dest.Close()
	}
	err = errors.Join(c.run(b), b.leaks(), b.dest.Close(), connectionsClosed(connections))
	b.peer.Close()
	return true, errors.Join(err, goleak.Find(goroutines))
}

func waiver(skip map[string]string, object, name string, used map[string]bool) (reason string, ok bool) {
	for _, key := range []string{object + "/" + name, name} {
		if reason, ok = skip[key]; ok {
			used[key] = true
			return reason, true
		}
	}
	return "", false
}

// bench is one check's setting: a fake, a destination pointed at it, and everything that was said so far.
type bench struct {
	t      *testing.T
	h      Harness
	object Object
	spec   connect.Object
	peer   Peer
	dest   connect.Destination
	logs   *logText
	said   []string // texts of errors: no secrets, no row values
	quoted []string // vendors' own words in outcomes: no secrets
	calls  int
}

func newBench(t *testing.T, h Harness, object Object, logs *logText) *bench {
	t.Helper()
	spec, ok := specObject(h.Driver.Spec, object.Name)
	if !ok {
		t.Fatalf("the spec has no object %q", object.Name)
	}
	logs.reset()
	peer := h.Start(t)
	peer.Close = sync.OnceFunc(peer.Close)
	dest, err := h.Driver.Destination(t.Context(), peer.Settings)
	if err != nil {
		peer.Close()
		t.Fatalf("opening the destination: %v", err)
	}
	return &bench{t: t, h: h, object: object, spec: spec, peer: peer, dest: dest, logs: logs}
}

func specObject(spec connect.Spec, name string) (connect.Object, bool) {
	for _, wanted := range []string{name, "*"} {
		for _, o := range spec.Objects {
			if o.Name == wanted && (wanted == name || spec.Open) {
				return o, true
			}
		}
	}
	return connect.Object{}, false
}

func (b *bench) ability(v connect.Verb) (connect.Ability, bool) {
	i := slices.IndexFunc(b.spec.Verbs, func(a connect.Ability) bool { return a.Verb == v })
	if i < 0 {
		return connect.Ability{}, false
	}
	return b.spec.Verbs[i], true
}

func (b *bench) can(v connect.Verb) bool { _, ok := b.ability(v); return ok }

// verb is the one that makes records here.
func (b *bench) verb() connect.Verb {
	for _, v := range []connect.Verb{connect.Upsert, connect.Insert, connect.Update} {
		if b.can(v) {
			return v
		}
	}
	return connect.Upsert
}

func (b *bench) limits(v connect.Verb) connect.Limits {
	if l, ok := b.dest.(connect.Limiter); ok {
		return l.Limits(b.object.Name, v, 1)
	}
	return b.spec.Limits
}

func (b *bench) inject(f Fault) error {
	if err := b.peer.Inject(f); err != nil {
		return fmt.Errorf("injecting %s: %w", f.Kind, err)
	}
	return nil
}

// batch makes a call of n records from the given one on.
func (b *bench) batch(v connect.Verb, from, n, revision int) connect.Batch {
	b.calls++
	batch := connect.Batch{ID: callID(b.calls), Sync: "conformance", Object: b.object.Name, Verb: v, Attempt: 1}
	for i := range n {
		batch.Ops = append(batch.Ops, b.object.Op(v, from+i, revision))
	}
	return batch
}

const deliverTimeout = 30 * time.Second

// answer is what one Deliver gave.
type answer struct {
	outcomes []connect.Outcome
	err      error
}

func (b *bench) deliver(batch connect.Batch) answer {
	ctx, cancel := context.WithTimeout(b.t.Context(), deliverTimeout)
	defer cancel()
	outcomes, err := b.dest.Deliver(ctx, batch)
	return b.note(answer{outcomes, err})
}

func (b *bench) note(a answer) answer {
	for err := a.err; err != nil; err = errors.Unwrap(err) {
		b.said = append(b.said, err.Error(), fmt.Sprintf("%+v", err))
	}
	for _, o := range a.outcomes {
		b.quoted = append(b.quoted, fmt.Sprintf("%+v", o))
	}
	return a
}

// leaks finds secrets and row values where they must not be.
func (b *bench) leaks() error {
	secrets := slices.Clone(b.peer.Secrets)
	for _, s := range b.peer.Settings.Secrets {
		secrets = append(secrets, s.Reveal())
	}
	logged := b.logs.text()
	for _, secret := range secrets {
		if secret != "" && holds(append(slices.Concat(b.said, b.quoted), logged), secret) {
			return errors.New("a secret stands in an error, an outcome or the log")
		}
	}
	if holds(append(slices.Clone(b.said), logged), canary) {
		return errors.New("a value of a row stands in an error or the log")
	}
	return nil
}

func holds(texts []string, part string) bool {
	return slices.ContainsFunc(texts, func(s string) bool { return strings.Contains(s, part) })
}

// captureLogs takes what is logged through slog while the suite runs.
func captureLogs(t *testing.T) *logText {
	t.Helper()
	logs := &logText{}
	old := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(logs, &slog.HandlerOptions{Level: slog.LevelDebug})))
	t.Cleanup(func() { slog.SetDefault(old) })
	return logs
}
