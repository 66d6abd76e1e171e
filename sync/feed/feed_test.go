package feed_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/engine"
	"github.com/freshet/freshet/sync/feed"
	"github.com/freshet/freshet/sync/ledger"
	"github.com/freshet/freshet/sync/model"
	"github.com/freshet/freshet/sync/window"
)

// topic is a log in memory that is read as a stream: it gives what each partition holds in any order between partitions, and
// as much at once as it is told to.
type topic struct {
	parts  [][]model.Event
	at     []int64
	random *rand.Rand
}

func (t *topic) Open(_ context.Context, o connect.StreamOptions) (connect.Stream, error) {
	t.at = make([]int64, len(t.parts))
	for _, p := range o.Known {
		t.at[p.Partition] = p.Next
	}
	return t, nil
}

func (t *topic) Poll(context.Context) (connect.Fetch, error) {
	var f connect.Fetch
	n := t.random.IntN(len(t.parts))
	until := min(int64(len(t.parts[n])), t.at[n]+int64(t.random.IntN(5)))
	f.Events = slices.Clone(t.parts[n][t.at[n]:until])
	t.at[n] = until
	f.Next = append(f.Next, model.Position{Topic: "t", Partition: int32(n), Next: until})
	return f, nil
}

func (t *topic) Commit(context.Context, []model.Position) error { return nil }
func (t *topic) Ends(context.Context) (ends []model.Position, err error) {
	for n, p := range t.parts {
		ends = append(ends, model.Position{Topic: "t", Partition: int32(n), Next: int64(len(p))})
	}
	return ends, nil
}
func (t *topic) Pause()                   {}
func (t *topic) Resume()                  {}
func (t *topic) Close() error             { return nil }
func (t *topic) Schemas() connect.Schemas { return nil }

// history is one random history: rows of a few keys in a few partitions, with times that jump, events that come again,
// deletions, patches, and keys that wander from one partition to another.
type past struct {
	topic
	next int
}

func newPast(random *rand.Rand) *past {
	p := &past{topic: topic{parts: make([][]model.Event, 1+random.IntN(3)), random: random}}
	for range 40 + random.IntN(40) {
		p.event()
	}
	return p
}

// event appends one event. Odd keys stay in their partition and may be patched; even ones wander.
func (p *past) event() {
	key, n := p.random.IntN(8), p.random.IntN(len(p.parts))
	wanders := key%2 == 0
	if !wanders {
		n = key % len(p.parts)
	}
	p.next++
	change := map[string]any{"key": key, "a": strconv.Itoa(p.next), "b": strconv.Itoa(p.next % 3)}
	switch p.random.IntN(6) {
	case 0:
		change["gone"] = true
	case 1:
		if !wanders {
			delete(change, "a")
			change["patch"] = true
		}
	}
	value, _ := json.Marshal(change)
	e := model.Event{Topic: "t", Partition: int32(n), Offset: int64(len(p.parts[n])), Value: value,
		At: time.UnixMilli(1_700_000_000_000 + int64(p.next/3*3) - int64(p.random.IntN(20)))}
	p.parts[n] = append(p.parts[n], e)
}

// Read is the decoder of these events.
func (p *past) Read(e *model.Event) (window.Reading, error) {
	var v map[string]any
	_ = json.Unmarshal(e.Value, &v)
	c := window.Change{Op: window.Write, Key: model.Key(fmt.Sprint(v["key"])), At: e.At}
	for _, name := range []string{"a", "b"} {
		if text, has := v[name].(string); has {
			c.Row = append(c.Row, model.Field{Name: name, Value: model.Text(text)})
			c.Columns = append(c.Columns, window.Column{Name: name, Type: "VARCHAR", Known: true})
		}
	}
	switch {
	case v["gone"] != nil:
		c = window.Change{Op: window.Delete, Key: c.Key, At: e.At}
	case v["patch"] != nil:
		c.Op, c.Absent = window.Patch, []string{"a"}
	}
	return window.Reading{Changes: []window.Change{c}}, nil
}

// newest folds the history in the order that versions give, written without regard to how the feed does it.
func (p *past) newest() map[string]string {
	type placed struct {
		clock int64
		model.Event
	}
	var all []placed
	for _, part := range p.parts {
		var clock int64
		for _, e := range part {
			clock = max(clock, e.At.UnixMilli())
			all = append(all, placed{clock, e})
		}
	}
	slices.SortFunc(all, func(a, b placed) int {
		return cmp.Or(cmp.Compare(a.clock, b.clock), cmp.Compare(a.Partition, b.Partition), cmp.Compare(a.Offset, b.Offset))
	})
	rows := map[string]map[string]any{}
	for _, e := range all {
		var v map[string]any
		_ = json.Unmarshal(e.Value, &v)
		key := fmt.Sprint(v["key"])
		switch row := rows[key]; {
		case v["gone"] != nil:
			delete(rows, key)
		case v["patch"] != nil && row == nil: // nothing to patch
		case v["patch"] != nil:
			row["b"] = v["b"]
		default:
			rows[key] = v
		}
	}
	out := map[string]string{}
	for key, row := range rows {
		out[key] = fmt.Sprint(row["a"], " ", row["b"])
	}
	return out
}

func seedOf(t *testing.T) uint64 {
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("FRESHET_SEED"); text != "" {
		seed, _ = strconv.ParseUint(text, 10, 64)
	}
	t.Logf("FRESHET_SEED=%d", seed)
	return seed
}

// stores are a ledger and an engine for one test.
func stores(t *testing.T) (*ledger.Ledger, *engine.Engine) {
	t.Helper()
	e, err := engine.Open(t.Context(), engine.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	l, err := ledger.Open(t.Context(), t.TempDir(), "test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l, e
}

// TestTheNewestWins: whatever the order between partitions, the cuts, the repeats and the restarts, the table ends with the newest
// row of every key, and what the engine shows is what the ledger has. Guarantee G27.
func TestTheNewestWins(t *testing.T) {
	random := rand.New(rand.NewPCG(seedOf(t), 5))
	l, e := stores(t)
	histories := 120
	if testing.Short() {
		histories = 50
	}
	for i := range histories {
		p := newPast(random)
		name := fmt.Sprint("f", i)
		p.takeIn(t, l, e, name, nil)
		if differs := p.compare(t, l, e, name); differs != "" {
			t.Fatal(differs)
		}
	}
}

// TestTheNewestWinsFindsMistakes: the same histories do not pass where a feed takes whatever comes for the newest, nor where it
// forgets what was deleted. Both are made by taking the versions out of the ledger between two steps. Guarantee G27.
func TestTheNewestWinsFindsMistakes(t *testing.T) {
	for name, forgotten := range map[string]func(ledger.FeedRow) bool{
		"no late check":        func(ledger.FeedRow) bool { return true },
		"tombstones forgotten": func(r ledger.FeedRow) bool { return r.Gone },
	} {
		t.Run(name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(7, 5))
			l, e := stores(t)
			found, histories := 0, 25
			for i := range histories {
				p := newPast(random)
				name := fmt.Sprint("f", i)
				p.takeIn(t, l, e, name, forgotten)
				if p.compare(t, l, e, name) != "" {
					found++
				}
			}
			t.Logf("%d of %d histories end otherwise", found, histories)
			if found == 0 {
				t.Error("nobody noticed")
			}
		})
	}
}

// forget takes the versions of rows out of the ledger: whatever comes next is newer.
func (p *past) forget(t *testing.T, l *ledger.Ledger, ref ledger.FeedRef, which func(ledger.FeedRow) bool) {
	t.Helper()
	var keys []model.Key
	for key := range p.keys() {
		keys = append(keys, model.Key(key))
	}
	rows, err := l.FeedRows(t.Context(), ref, keys)
	if err != nil {
		t.Fatal(err)
	}
	var batch ledger.FeedBatch
	for _, row := range rows {
		if which(row) {
			row.Version = model.Version{}
			batch.Rows = append(batch.Rows, row)
		}
	}
	if err := l.TakeIn(t.Context(), ref, &batch); err != nil {
		t.Fatal(err)
	}
}

// takeIn takes the history in, starting anew now and then from where the archive would be. After each step it forgets the versions
// of some rows, where it is told to.
func (p *past) takeIn(t *testing.T, l *ledger.Ledger, e *engine.Engine, name string, forgotten func(ledger.FeedRow) bool) {
	t.Helper()
	ctx := t.Context()
	for {
		f, err := feed.Open(ctx, model.Feed{Name: name, Key: []string{"key"}}, feed.Parts{Ledger: l, Engine: e, Source: p, Decoder: p})
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Start(ctx, ""); err != nil {
			t.Fatal(err)
		}
		for n := range p.at { // as if less were archived than was taken in
			p.at[n] = max(0, p.at[n]-int64(p.random.IntN(4)))
		}
		ends, _ := f.Ends(ctx)
		for range p.random.IntN(60) {
			if _, err := f.Step(ctx); err != nil {
				t.Fatal(err)
			}
			if forgotten != nil {
				p.forget(t, l, f.State().Ref, forgotten)
			}
		}
		if f.Reached(ends) {
			return
		}
	}
}

// compare says in what the ledger or the engine is not what the history comes to.
func (p *past) compare(t *testing.T, l *ledger.Ledger, e *engine.Engine, name string) string {
	t.Helper()
	state, _, err := l.Feed(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	kept := map[string]string{}
	err = l.EachFeedRow(t.Context(), state.Ref, func(r ledger.FeedRow) error {
		var v map[string]string
		_ = json.Unmarshal(r.Row, &v)
		kept[string(r.Key)] = v["a"] + " " + v["b"]
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := p.newest()
	for key := range p.keys() {
		if kept[key] != want[key] {
			return fmt.Sprintf("%s: key %s is %q in the ledger, want %q", name, key, kept[key], want[key])
		}
	}
	rows, err := e.Count(t.Context(), model.Model{Name: name, SQL: "select * from feeds." + name, Key: []string{"a"}})
	if err != nil || rows != int64(len(want)) {
		return fmt.Sprintf("%s: the engine shows %d rows, want %d (%v)", name, rows, len(want), err)
	}
	return ""
}

func (p *past) keys() map[string]bool {
	all := map[string]bool{}
	for key := range 8 {
		all[fmt.Sprint(key)] = true
	}
	return all
}
