package proof

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/freshet/freshet/connectors/webhook"
	"github.com/freshet/freshet/connectors/webhook/webhookfake"
	"github.com/freshet/freshet/sync/audience"
	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/deliver"
	"github.com/freshet/freshet/sync/engine"
	"github.com/freshet/freshet/sync/history"
	"github.com/freshet/freshet/sync/ledger"
	"github.com/freshet/freshet/sync/model"
	"github.com/freshet/freshet/sync/policy"
	running "github.com/freshet/freshet/sync/run"
	"github.com/freshet/freshet/sync/supervise"
)

// TestStreamIsBatch: random definitions over random histories, taken through feeds, ledger, live sync and calls to a receiver: at
// every cut it holds exactly the members that a fresh evaluation of everything gives, with the payloads they have now, and a
// whole run afterwards makes no call.
//
// FRESHET_SEED repeats a run, FRESHET_ROUNDS asks for more. Seen to fail with: rows before a change left out of what it reaches,
// keys whose time has come left out, and no due times kept after a turn.
func TestStreamIsBatch(t *testing.T) {
	seed := number("FRESHET_SEED", time.Now().UnixNano())
	rounds := number("FRESHET_ROUNDS", 12)
	if testing.Short() {
		rounds = 3
	}
	t.Logf("FRESHET_SEED=%d", seed)
	conn := open(t)
	for round := range rounds {
		p := &proof{t: t, conn: conn, rnd: rand.New(rand.NewPCG(uint64(seed), uint64(round))), label: fmt.Sprintf("FRESHET_SEED=%d, round %d", seed, round)}
		t.Run(fmt.Sprint(round), func(t *testing.T) {
			p.t = t
			p.stream(30, 18)
		})
	}
}

// stream plays a history through a live sync.
func (p *proof) stream(people, cuts int) {
	p.world = newWorld(p.t, p.conn, p.rnd, people)
	p.define()
	s := newStream(p)
	s.check("at first")
	for i := range cuts {
		changes := p.step()
		s.put(changes)
		s.turn()
		s.check(fmt.Sprint("at cut ", i))
	}
	report, err := s.live.Runner.Run(p.t.Context(), s.live.Job, running.Options{})
	if err != nil || report.Calls != 0 {
		p.t.Errorf("%s: a whole run after it made %d calls (%v)", p.label, report.Calls, err)
	}
}

// stream is the audience as a live sync over feeds, without a broker: rows are put where a feed puts them.
type stream struct {
	*proof
	ledger   *ledger.Ledger
	engine   *engine.Engine
	receiver *webhookfake.Server
	live     *supervise.Live
	feeds    map[string]engine.FeedTable
	refs     map[string]ledger.FeedRef
	offset   int64
}

func (p *proof) must(err error) {
	p.t.Helper()
	if err != nil {
		text, _ := audience.Write(p.def)
		p.t.Fatalf("%s: %v\n%s", p.label, err, text)
	}
}

func newStream(p *proof) *stream {
	p.t.Helper()
	s := &stream{proof: p, feeds: map[string]engine.FeedTable{}, refs: map[string]ledger.FeedRef{}}
	ctx, dir := p.t.Context(), p.t.TempDir()
	var err error
	s.ledger, err = ledger.Open(ctx, dir, "proof")
	p.must(err)
	p.t.Cleanup(func() { _ = s.ledger.Close() })
	s.engine, err = engine.Open(ctx, engine.Options{Dir: dir, Now: func() time.Time { return p.world.now }})
	p.must(err)
	p.t.Cleanup(func() { _ = s.engine.Close() })
	s.receiver, err = webhookfake.Start("", webhookfake.Options{})
	p.must(err)
	p.t.Cleanup(s.receiver.Close)
	for _, name := range p.world.order {
		s.makeFeed(ctx, name)
	}
	p.must(s.engine.Define(ctx, model.Model{Name: "customers", SQL: modelSQL, Key: []string{"id"}}))
	s.open(ctx, dir)
	return s
}

// makeFeed makes the table of a feed, with the rows that the world has.
func (s *stream) makeFeed(ctx context.Context, name string) {
	t := engine.FeedTable{Name: name}
	for _, c := range s.world.tables[name].columns {
		t.Columns = append(t.Columns, engine.FeedColumn{Name: c.Name, Type: c.Type})
	}
	state, err := s.ledger.EnsureFeed(ctx, name)
	s.must(err)
	s.feeds[name], s.refs[name] = t, state.Ref
	s.must(s.engine.MakeFeed(ctx, t))
	var all []change
	for id, r := range s.world.tables[name].rows {
		all = append(all, change{table: name, id: id, after: r})
	}
	s.put(all)
}

// open starts the live sync.
func (s *stream) open(ctx context.Context, dir string) {
	settings := connect.Settings{Name: "hook", Values: map[string]string{"url": s.receiver.URL(), "batch_size": "100"}, Maps: map[string]map[string]any{}}
	for _, one := range webhook.Driver().Spec.Settings {
		if settings.Values[one.Name] == "" {
			settings.Values[one.Name] = one.Default
		}
	}
	to, err := webhook.Driver().Destination(ctx, settings)
	s.must(err)
	s.t.Cleanup(func() { _ = to.Close() })
	m := model.Model{Name: "this", SQL: s.compiled.Members, Key: []string{"id"}, Uses: s.compiled.Models}
	var reached []engine.Reached
	for _, path := range s.compiled.Paths() {
		reached = append(reached, engine.Reached{Feed: strings.TrimPrefix(path.Table, "feeds."), By: path.Columns, Lookup: path.Lookup})
	}
	scope, err := s.engine.ScopeOfMembers(ctx, m, engine.Evaluation{Entity: "SELECT * FROM " + s.catalogue.Entity.SQL(), Key: s.catalogue.KeyText,
		For: s.compiled.Evaluation, Feeds: reached})
	s.must(err)
	sync := model.Sync{Name: "this", Model: "customers", Audience: "this", Destination: "hook", Mode: model.Mirror, OnLeave: model.Delete,
		Guard: model.Guard{MaxLeaves: &model.Limit{IsShare: true, Percent: 100}}}
	for _, c := range payload {
		sync.Fields = append(sync.Fields, model.Mapping{Target: c, Column: c})
	}
	s.live = &supervise.Live{Scope: scope, Feeds: map[string]supervise.Table{}, Now: func() time.Time { return s.world.now },
		Job: running.Job{Sync: sync, Model: m, Engine: s.engine, Destination: to, Object: webhook.Driver().Spec.Objects[0], Account: "hook",
			Terms: policy.Terms{Unreviewed: true}},
		Runner: &running.Runner{Ledger: s.ledger, History: history.New(dir + "/history"), Lanes: &deliver.Lanes{}, Dir: dir}}
	for name := range s.feeds {
		s.live.Feeds[name] = func() (ledger.FeedRef, engine.FeedTable) { return s.refs[name], s.feeds[name] }
	}
	s.must(s.live.Open(ctx, "v1"))
}

// put takes changes in as feeds do.
func (s *stream) put(changes []change) {
	s.t.Helper()
	ctx := s.t.Context()
	for _, c := range changes {
		k := model.Key(strconv.Itoa(c.id))
		s.offset++
		version, at := model.Version{Offset: s.offset}, time.Now()
		r := ledger.FeedRow{Key: k, Row: s.row(c.table, c.after), Gone: c.after == nil, At: at, Version: version}
		batch := &ledger.FeedBatch{Rows: []ledger.FeedRow{r}, Changes: []ledger.FeedChange{{Key: k, At: at, Before: s.row(c.table, c.before)}}}
		s.must(s.engine.PutFeed(ctx, s.feeds[c.table], []engine.FeedRow{{Key: k, Row: r.Row}}))
		s.must(s.ledger.TakeIn(ctx, s.refs[c.table], batch))
	}
}

// row is a row as the ledger keeps it: the text of every value.
func (s *stream) row(table string, r row) []byte {
	if r == nil {
		return nil
	}
	texts := map[string]any{}
	for _, c := range s.world.tables[table].columns {
		texts[c.Name] = text(r[c.Name])
	}
	out, err := json.Marshal(texts)
	s.must(err)
	return out
}

func text(v any) any {
	switch v := v.(type) {
	case nil:
		return nil
	case string:
		return v
	case []string:
		return "[" + strings.Join(v, ", ") + "]"
	case time.Time:
		return v.UTC().Format("2006-01-02 15:04:05.000000")
	}
	return strings.Trim(cell(v), "'")
}

// turn turns until nothing is left to do at once.
func (s *stream) turn() {
	s.t.Helper()
	for more := true; more || !s.live.Idle(); {
		if !more {
			s.live.Wait(s.t.Context(), nil, time.After(time.Second))
		}
		var err error
		more, err = s.live.Turn(s.t.Context())
		s.must(err)
	}
}

// payload are the columns that are sent.
var payload = []string{"mail", "country", "plan", "ltv", "born", "vip"}

// check holds the receiver against an evaluation of everything.
func (s *stream) check(when string) {
	s.t.Helper()
	s.now()
	want := s.payloads()
	held := s.receiver.Records("this")
	for k, is := range s.evaluate("") {
		r, there := held[k]
		s.checks++
		switch {
		case there != is.member:
			s.differ("%s: key %s is at the receiver: %t, and a member: %t", when, k, there, is.member)
		case there:
			for _, c := range payload {
				if got := r.Fields[c]; got != want[k][c] {
					s.differ("%s: %s of key %s is %q at the receiver, and %q in the model", when, c, k, got, want[k][c])
				}
			}
		}
		delete(held, k)
	}
	if len(held) > 0 {
		s.differ("%s: the receiver holds %d records of nobody", when, len(held))
	}
	if s.differences > 0 {
		s.t.FailNow()
	}
}

// payloads are what the model's rows give now, by key and column.
func (s *stream) payloads() map[string]map[string]string {
	rows, err := s.conn.QueryContext(s.t.Context(), `SELECT id::VARCHAR, mail, country, plan, ltv::VARCHAR, born::VARCHAR, vip::VARCHAR FROM models.customers`)
	s.must(err)
	defer rows.Close()
	all := map[string]map[string]string{}
	for rows.Next() {
		var k string
		values := make([]*string, len(payload))
		into := []any{&k}
		for i := range values {
			into = append(into, &values[i])
		}
		s.must(rows.Scan(into...))
		all[k] = map[string]string{}
		for i, c := range payload {
			if all[k][c] = ""; values[i] != nil { // the receiver keeps no nulls
				all[k][c] = *values[i]
			}
		}
	}
	s.must(rows.Err())
	return all
}
