package supervise_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/freshet/freshet/connectors/webhook"
	"github.com/freshet/freshet/connectors/webhook/webhookfake"
	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/contract"
	"github.com/freshet/freshet/sync/deliver"
	"github.com/freshet/freshet/sync/engine"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/history"
	"github.com/freshet/freshet/sync/ledger"
	"github.com/freshet/freshet/sync/model"
	"github.com/freshet/freshet/sync/policy"
	"github.com/freshet/freshet/sync/run"
	"github.com/freshet/freshet/sync/supervise"
)

// bench is a live sync over two feeds, without a broker: rows are put where a feed puts them.
type bench struct {
	t        testing.TB
	ledger   *ledger.Ledger
	engine   *engine.Engine
	receiver *webhookfake.Server
	live     *supervise.Live
	tables   map[string]engine.FeedTable
	refs     map[string]ledger.FeedRef
	offset   int64
	turned   []supervise.Turned
}

const liveSQL = `select p.id, p.city, o.n, o.spent from feeds.people p
	left join (select person, count(*) as n, sum(price) as spent from feeds.orders group by person) o on o.person = p.id`

// throughSQL are models whose feeds lead to the key through others, by one to three hops.
var throughSQL = []string{
	`select o.nr as id, p.city, w.size as n, o.price as spent from feeds.orders o left join feeds.people p on p.id = o.person left join feeds.towns w on w.city = p.city`,
	`select o.nr as id, p.city, t.n, w.size as spent from feeds.orders o join feeds.people p on p.id = o.person
		join (select person, count(*) as n from feeds.orders group by person) t on t.person = p.id join feeds.towns w on w.city = p.city`,
	`select p.id, p.city, x.price as n, w.size as spent from feeds.people p left join (select * from feeds.orders qualify row_number() over (partition by person order by price, nr) = 1) x
		on x.person = p.id left join feeds.people q on q.id = x.price left join feeds.towns w on w.city = q.city`,
}

func newBench(t testing.TB, query string, options webhookfake.Options, start bool) *bench {
	t.Helper()
	ctx := context.Background()
	receiver, err := webhookfake.Start("", options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(receiver.Close)
	dir := t.TempDir()
	b := &bench{t: t, receiver: receiver, refs: map[string]ledger.FeedRef{}, tables: map[string]engine.FeedTable{
		"people": {Name: "people", Columns: []engine.FeedColumn{{Name: "id", Type: "BIGINT"}, {Name: "city", Type: "VARCHAR"}}},
		"towns":  {Name: "towns", Columns: []engine.FeedColumn{{Name: "city", Type: "VARCHAR"}, {Name: "size", Type: "BIGINT"}}},
		"orders": {Name: "orders", Columns: []engine.FeedColumn{{Name: "nr", Type: "BIGINT"}, {Name: "person", Type: "BIGINT"}, {Name: "price", Type: "BIGINT"}}}}}
	b.must(func() (err error) { b.ledger, err = ledger.Open(ctx, dir, "test"); return })
	t.Cleanup(func() { _ = b.ledger.Close() })
	b.must(func() (err error) { b.engine, err = engine.Open(ctx, engine.Options{Dir: dir}); return })
	t.Cleanup(func() { _ = b.engine.Close() })
	for name, table := range b.tables {
		state, err := b.ledger.EnsureFeed(ctx, name)
		if err != nil {
			t.Fatal(err)
		}
		b.refs[name] = state.Ref
		b.must(func() error { return b.engine.MakeFeed(ctx, table) })
	}
	b.live = b.newLive(dir, query)
	if start {
		b.must(func() error { return b.live.Open(ctx, "v1") })
	}
	return b
}

func (b *bench) newLive(dir, query string) *supervise.Live {
	ctx := context.Background()
	settings := connect.Settings{Name: "hook", Values: map[string]string{"url": b.receiver.URL(), "batch_size": "100"}, Maps: map[string]map[string]any{}}
	for _, s := range webhook.Driver().Spec.Settings {
		if settings.Values[s.Name] == "" {
			settings.Values[s.Name] = s.Default
		}
	}
	to, err := webhook.Driver().Destination(ctx, settings)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = to.Close() })
	m := model.Model{Name: "people", SQL: query, Key: []string{"id"}}
	scope, err := b.engine.ScopeOf(ctx, m)
	if err != nil {
		b.t.Fatal(err)
	}
	sync := model.Sync{Name: "people", Model: "people", Destination: "hook", Mode: model.Mirror, OnLeave: model.Delete,
		Guard: model.Guard{MaxLeaves: &model.Limit{IsShare: true, Percent: 100}}}
	for _, c := range []string{"city", "n", "spent"} {
		sync.Fields = append(sync.Fields, model.Mapping{Target: c, Column: c})
	}
	l := &supervise.Live{Job: run.Job{Sync: sync, Model: m, Engine: b.engine, Destination: to, Object: webhook.Driver().Spec.Objects[0], Account: "hook", Terms: policy.Terms{Unreviewed: true}},
		Scope: scope, Feeds: map[string]supervise.Table{}, Tell: func(t supervise.Turned) { b.turned = append(b.turned, t) },
		Runner: &run.Runner{Ledger: b.ledger, History: history.New(dir + "/history"), Lanes: &deliver.Lanes{}, Dir: dir}}
	for name := range b.tables {
		l.Feeds[name] = func() (ledger.FeedRef, engine.FeedTable) { return b.refs[name], b.tables[name] }
	}
	return l
}

func (b *bench) must(do func() error) {
	b.t.Helper()
	if err := do(); err != nil {
		b.t.Fatal(err)
	}
}

// put takes rows in as a feed does; a nil row is a deletion.
func (b *bench) put(feed string, rows ...engine.FeedRow) {
	b.t.Helper()
	ctx := context.Background()
	keys := make([]model.Key, len(rows))
	for i, r := range rows {
		keys[i] = r.Key
	}
	was, err := b.ledger.FeedRows(ctx, b.refs[feed], keys)
	if err != nil {
		b.t.Fatal(err)
	}
	batch := &ledger.FeedBatch{}
	now := time.Now()
	for _, r := range rows {
		b.offset++
		batch.Rows = append(batch.Rows, ledger.FeedRow{Key: r.Key, Row: r.Row, Gone: r.Row == nil, At: now, Version: model.Version{Offset: b.offset}})
		c := ledger.FeedChange{Key: r.Key, At: now}
		if w, ok := was[r.Key]; ok && !w.Gone {
			c.Before = w.Row
		}
		batch.Changes = append(batch.Changes, c)
	}
	b.must(func() error { return b.engine.PutFeed(ctx, b.tables[feed], rows) })
	b.must(func() error { return b.ledger.TakeIn(ctx, b.refs[feed], batch) })
}

// turn turns until nothing is left to do at once.
func (b *bench) turn() {
	b.t.Helper()
	for more := true; more || !b.live.Idle(); {
		if !more {
			b.live.Wait(context.Background(), nil, time.After(time.Second))
		}
		b.must(func() (err error) { more, err = b.live.Turn(context.Background()); return })
	}
}

func person(id int, city string) engine.FeedRow {
	return engine.FeedRow{Key: model.Key(fmt.Sprint(id)), Row: fmt.Appendf(nil, `{"id":"%d","city":"%s"}`, id, city)}
}

func order(nr, person, price int) engine.FeedRow {
	return engine.FeedRow{Key: model.Key(fmt.Sprint(nr)), Row: fmt.Appendf(nil, `{"nr":"%d","person":"%d","price":"%d"}`, nr, person, price)}
}

func gone(key int) engine.FeedRow { return engine.FeedRow{Key: model.Key(fmt.Sprint(key))} }

// check compares the receiver with the model evaluated whole.
func (b *bench) check(when string) {
	b.t.Helper()
	ctx := context.Background()
	held := b.receiver.Records("people")
	if held == nil {
		held = b.receiver.Records("")
	}
	for key, r := range held {
		row, found, err := b.engine.Row(ctx, b.live.Job.Model, model.Key(key))
		if err != nil {
			b.t.Fatal(err)
		}
		if !found {
			b.t.Fatalf("%s: the receiver holds %s, which is not in the model", when, key)
		}
		for _, f := range row {
			if f.Name != "id" && r.Fields[f.Name] != f.Value.Text {
				b.t.Fatalf("%s: %s of %s is %q at the receiver and %q in the model", when, f.Name, key, r.Fields[f.Name], f.Value.Text)
			}
		}
	}
	rows, err := b.engine.Count(ctx, b.live.Job.Model)
	if err != nil || rows != int64(len(held)) {
		b.t.Fatalf("%s: the receiver holds %d records, the model has %d (%v)", when, len(held), rows, err)
	}
}

// TestLiveFollowsFeeds: after every turn the receiver holds what the model gives, whichever feed a change came through; and
// a whole run afterwards makes no call.
func TestLiveFollowsFeeds(t *testing.T) {
	for i, query := range append([]string{liveSQL}, throughSQL...) {
		t.Run(fmt.Sprint(i), func(t *testing.T) { liveFollows(t, query) })
	}
}

func liveFollows(t *testing.T, query string) {
	b := newBench(t, query, webhookfake.Options{}, true)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 7))
	for i := range 40 {
		for range 1 + random.IntN(3) {
			switch random.IntN(7) {
			case 0, 1:
				b.put("people", person(random.IntN(20), string(rune('a'+random.IntN(3)))))
			case 2:
				b.put("people", gone(random.IntN(20)))
			case 3, 4:
				b.put("orders", order(random.IntN(30), random.IntN(20), random.IntN(9)))
			case 5:
				b.put("towns", town(string(rune('a'+random.IntN(3))), random.IntN(9)))
			default:
				b.put("orders", gone(random.IntN(30)))
			}
		}
		b.turn()
		b.check(fmt.Sprint("after step ", i))
	}
	calls := b.receiver.Counts().Calls
	report, err := b.live.Runner.Run(context.Background(), b.live.Job, run.Options{})
	if err != nil || report.Calls != 0 || b.receiver.Counts().Calls != calls {
		t.Errorf("a whole run after it made %d calls (%v)", report.Calls, err)
	}
}

func town(city string, size int) engine.FeedRow {
	return engine.FeedRow{Key: model.Key(city), Row: fmt.Appendf(nil, `{"city":"%s","size":"%d"}`, city, size)}
}

// TestARowThatReachesTooMany: where a row reaches more records than are looked at one by one, every row is looked at, and the
// sync goes on key by key.
func TestARowThatReachesTooMany(t *testing.T) {
	b := newBench(t, throughSQL[0], webhookfake.Options{Lean: true}, true)
	b.put("people", person(1, "a"))
	var rows []engine.FeedRow
	for i := range 100_001 {
		rows = append(rows, order(i, 1, 1))
	}
	b.put("orders", rows...)
	b.turn()
	b.turned = nil
	b.put("towns", town("a", 7))
	b.turn()
	if len(b.turned) != 1 || b.turned[0].Keys != 0 || b.turned[0].Report.Delivered != 100_001 {
		t.Fatalf("%d turns, of them the first with %d keys", len(b.turned), b.turned[0].Keys)
	}
	b.put("orders", order(5, 1, 2))
	b.turn()
	if last := b.turned[len(b.turned)-1]; last.Keys != 1 || last.Report.Delivered != 1 {
		t.Errorf("a change afterwards looked at %d keys and delivered %d", last.Keys, last.Report.Delivered)
	}
	if report, err := b.live.Runner.Run(context.Background(), b.live.Job, run.Options{}); err != nil || report.Calls != 0 {
		t.Errorf("a whole run after it made %d calls (%v)", report.Calls, err)
	}
}

// TestABrokenRuleAboutAllRowsHolds: while a rule of the contract about all rows is broken, nothing is sent; once it is kept again,
// what has changed meanwhile is.
func TestABrokenRuleAboutAllRowsHolds(t *testing.T) {
	b := newBench(t, liveSQL, webhookfake.Options{}, false)
	b.put("people", person(1, "a"), person(2, "b"))
	b.live.Job.Contract = atLeast(t, 2)
	now := time.Now()
	b.live.Now = func() time.Time { return now }
	b.must(func() error { return b.live.Open(t.Context(), "v1") })
	b.turn()
	calls := b.receiver.Counts().Calls
	b.put("people", person(1, "c"), gone(2))
	now = now.Add(11 * time.Second)
	b.turn()
	if last := b.turned[len(b.turned)-1]; b.receiver.Counts().Calls != calls || !fault.Is(last.Err, "live.contract") {
		t.Fatalf("%d calls were made, and the last turn says %v", b.receiver.Counts().Calls-calls, last.Err)
	}
	b.put("people", person(3, "d"))
	b.turn()
	if b.receiver.Counts().Calls != calls {
		t.Fatal("something was sent before the rules were judged again")
	}
	if at, err := b.live.NextDue(t.Context()); err != nil || !at.After(now) || at.After(now.Add(time.Minute)) {
		t.Fatalf("it looks again at %v (%v)", at, err)
	}
	now = now.Add(11 * time.Second)
	b.turn()
	b.check("after the rule is kept again")
}

// atLeast is a contract that wants so many rows.
func atLeast(t *testing.T, rows int) *contract.Checks {
	c, err := contract.Read("c.yaml", fmt.Appendf(nil, `apiVersion: v3.1.0
kind: DataContract
id: c
version: 1.0.0
status: active
schema:
  - name: people
    properties: [{name: id, logicalType: integer, primaryKey: true}]
    quality: [{metric: rowCount, mustBeGreaterOrEqualTo: %d}]
`, rows))
	if err != nil {
		t.Fatal(err)
	}
	checks, err := contract.Compile(c, &c.Schema[0])
	if err != nil {
		t.Fatal(err)
	}
	return checks
}

// TestLiveGoesOnAfterFailures: what a destination puts off or loses is made up for, and nothing else waits for it.
func TestLiveGoesOnAfterFailures(t *testing.T) {
	b := newBench(t, liveSQL, webhookfake.Options{}, true)
	b.put("people", person(1, "a"), person(2, "b"))
	b.turn()
	b.receiver.Inject(webhookfake.Fault{Kind: webhookfake.ServerError})
	b.receiver.Inject(webhookfake.Fault{Kind: webhookfake.DropAfterApply})
	b.put("people", person(1, "c"))
	for range 200 {
		b.turn()
		if b.receiver.Records("people")["1"].Fields["city"] == "c" {
			b.check("after the failure")
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("the change never arrived")
}

// BenchmarkLiveTurn is one change from the feed's table to the receiver's answer, beside 100,000 other rows.
func BenchmarkLiveTurn(b *testing.B) {
	for _, n := range []int{1, 100, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			x := newBench(b, liveSQL, webhookfake.Options{Lean: true}, true)
			var rows []engine.FeedRow
			for i := range 100_000 {
				rows = append(rows, person(i, "a"))
			}
			x.put("people", rows...)
			x.turn()
			b.ResetTimer()
			for i := range b.N {
				rows = rows[:0]
				for k := range n {
					rows = append(rows, person((i*n+k)%100_000, fmt.Sprint("b", i)))
				}
				x.put("people", rows...)
				x.turn()
			}
		})
	}
}
