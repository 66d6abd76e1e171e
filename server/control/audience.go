package control

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/freshet/freshet/server/config"
	"github.com/freshet/freshet/sync/audience"
	"github.com/freshet/freshet/sync/engine"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
	"github.com/freshet/freshet/sync/run"
	"github.com/freshet/freshet/sync/supervise"
)

// opens is one of the ways to open an engine for a model.
type opens func(ctx context.Context, m model.Model) (*engine.Engine, func(), error)

// carried gives what a sync carries as a model, with an engine that can evaluate it: the model itself, or the members of
// an audience of it.
func (s *Service) carried(ctx context.Context, sync model.Sync, open opens) (model.Model, *engine.Engine, func(), error) {
	if sync.Audience == "" {
		m := s.workspace.Models[sync.Model]
		e, shut, err := open(ctx, m)
		return m, e, shut, err
	}
	a := s.workspace.Audiences[sync.Audience]
	e, shut, err := open(ctx, s.reads(a))
	if err != nil {
		return model.Model{}, nil, nil, err
	}
	compiled, err := s.compile(ctx, e, a)
	if err != nil {
		shut()
		return model.Model{}, nil, nil, err
	}
	return s.members(a, compiled), e, shut, nil
}

// reads is a model that reads every table an audience could: enough to know which sources, feeds and models it needs.
func (s *Service) reads(a config.Audience) model.Model {
	m := model.Model{Name: a.Name, Uses: []string{a.Model}, Pos: a.Pos}
	for _, r := range s.relations(a) {
		m.SQL += "SELECT * FROM " + r.SQL() + ";\n"
		first, rest, _ := strings.Cut(r.Table, ".")
		switch first {
		case "models":
			m.Uses = append(m.Uses, rest)
		case "feeds":
			m.Feeds = append(m.Feeds, rest)
		}
	}
	return m
}

// relations are the tables that an audience, or one that it names, reads beside its model.
func (s *Service) relations(a config.Audience) []audience.Relation {
	c := s.workspace.Catalogue(a.Model)
	var all []audience.Relation
	for _, r := range c.Needs(a.Definition) {
		all = append(all, r.Relation)
	}
	return all
}

// members is an audience as a model: its rows are those of the members, and all else is the model's.
func (s *Service) members(a config.Audience, c audience.Compiled) model.Model {
	m := s.workspace.Models[a.Model]
	m.Name, m.SQL, m.Uses, m.Owner = a.Name, c.Members, c.Models, a.Owner
	m.Pos, m.SQLPos, m.Feeds = a.Pos, model.Pos{}, s.reads(a).Feeds
	return m
}

// scope binds what a live sync carries: the model itself, or the members of an audience of it.
func (s *Service) scope(ctx context.Context, e *engine.Engine, sync model.Sync) (model.Model, *engine.Scope, error) {
	if sync.Audience == "" {
		m := s.workspace.Models[sync.Model]
		scope, err := e.ScopeOf(ctx, m)
		return m, scope, err
	}
	a := s.workspace.Audiences[sync.Audience]
	c := s.workspace.Catalogue(a.Model)
	if err := s.describe(ctx, e, a, &c); err != nil {
		return model.Model{}, nil, err
	}
	compiled, err := audience.Compile(a.Definition, &c)
	if err != nil {
		return model.Model{}, nil, placed(a, err)
	}
	m := s.members(a, compiled)
	if follows := compiled.Follows(); !follows.Live {
		return m, nil, fault.New(fault.Usage, "audience.not_live", "audience "+a.Name+" cannot follow its feeds: "+follows.Why).At("audiences." + a.Name).
			Do("its syncs are evaluated whole, by schedule or by hand")
	}
	scope, err := e.ScopeOfMembers(ctx, m, engine.Evaluation{Entity: "SELECT * FROM " + c.Entity.SQL(), Key: c.KeyText, For: compiled.Evaluation,
		Feeds: reachedBy(compiled)})
	if err == nil {
		scope.Beside = !compiled.Live().Live // it reads tables that are no feeds
	}
	return m, scope, err
}

// followed says whether a sync of tier realtime can follow its feeds, and else why not.
func (s *Service) followed(ctx context.Context, job run.Job) Finding {
	feeds := s.feedsOf(s.carries(job.Sync))
	_, table := s.timetableOf(job.Sync)
	if len(feeds) == 0 {
		return Finding{Level: "warning", Fault: fault.New(fault.Usage, "sync.not_live", readsNoFeed+instead(table)).At("syncs." + job.Sync.Name).
			Do("read a feed in its model, or name another tier")}
	}
	if _, _, err := s.scope(ctx, job.Engine, job.Sync); err != nil {
		f := *fault.As(err)
		if neverLive(err) {
			f.Message += instead(table)
		}
		return Finding{Level: "warning", Fault: f.At("syncs." + job.Sync.Name)}
	}
	says := "follows feeds." + strings.Join(feeds, ", feeds.") + " live"
	if job.Contract != nil && len(job.Contract.Set) > 0 {
		says += fmt.Sprintf("; the contract's %d rules about all rows are judged at the start and, while rows change, %s", len(job.Contract.Set), supervise.HowOftenJudged)
	}
	return good("syncs."+job.Sync.Name, says)
}

// reachedBy are the ways from an audience's feeds to its records.
func reachedBy(c audience.Compiled) []engine.Reached {
	var all []engine.Reached
	for _, p := range c.Paths() {
		if schema, feed, ok := strings.Cut(p.Table, "."); ok && strings.EqualFold(schema, "feeds") {
			all = append(all, engine.Reached{Feed: feed, By: p.Columns, Lookup: p.Lookup})
		}
	}
	return all
}

// modelOf is what a sync carries, as a model that an engine with all of its tables can evaluate.
func (s *Service) modelOf(ctx context.Context, e *engine.Engine, sync model.Sync) (model.Model, error) {
	if sync.Audience == "" {
		return s.workspace.Models[sync.Model], nil
	}
	a := s.workspace.Audiences[sync.Audience]
	compiled, err := s.compile(ctx, e, a)
	return s.members(a, compiled), err
}

// carries is a model that reads all that a sync's model or audience does.
func (s *Service) carries(sync model.Sync) model.Model {
	if sync.Audience == "" {
		return s.workspace.Models[sync.Model]
	}
	return s.reads(s.workspace.Audiences[sync.Audience])
}

// compile turns an audience into SQL, with the types that the engine finds in its tables.
func (s *Service) compile(ctx context.Context, e *engine.Engine, a config.Audience) (audience.Compiled, error) {
	c := s.workspace.Catalogue(a.Model)
	if err := s.describe(ctx, e, a, &c); err != nil {
		return audience.Compiled{}, err
	}
	compiled, err := audience.Compile(a.Definition, &c)
	if err == nil {
		return compiled, nil
	}
	return compiled, placed(a, err)
}

// placed gives the faults of a definition their places in the files.
func placed(a config.Audience, err error) error {
	var all []error
	for _, f := range config.Faults(err) {
		all = append(all, a.Placed(f))
	}
	return errors.Join(all...)
}

// describe fills in columns, types and origins of the model and of every table that the audience reads.
func (s *Service) describe(ctx context.Context, e *engine.Engine, a config.Audience, c *audience.Catalogue) error {
	m := s.workspace.Models[a.Model]
	described, err := e.Describe(ctx, model.Model{Name: m.Name, SQL: "SELECT * FROM " + c.Entity.SQL(), Key: m.Key, UpdatedAt: m.UpdatedAt, Pos: m.Pos})
	if err != nil {
		return err
	}
	c.KeyText = engine.KeyText(m, described.Columns)
	if err := fillIn(ctx, e, a, &c.Entity, m.Key); err != nil {
		return err
	}
	needed := c.Needs(a.Definition)
	c.Related = maps.Clone(c.Related)
	for _, name := range slices.Sorted(maps.Keys(needed)) {
		r := needed[name]
		var joins []string
		for _, j := range r.On {
			joins = append(joins, j.Theirs)
		}
		if err := fillIn(ctx, e, a, &r.Relation, joins); err != nil {
			return err
		}
		if name == "" {
			c.Consent.Table = r
			continue
		}
		c.Related[name] = r
	}
	return nil
}

// fillIn describes one table; lead are the columns by which its rows lead to records.
func fillIn(ctx context.Context, e *engine.Engine, a config.Audience, r *audience.Relation, lead []string) error {
	query := "SELECT * FROM " + r.SQL()
	described, err := e.Describe(ctx, model.Model{Name: a.Name, SQL: query, Pos: a.Pos, SQLPos: a.Pos})
	if err != nil {
		f := *fault.As(err)
		f.Message = "audiences." + a.Name + " reads " + r.Table + ", which cannot be read"
		f.Suggestion = "look at the table's name, under related or consent of the model"
		return f.Because(err)
	}
	if len(described.Columns) == 1 && described.Columns[0].Name == "nothing_read_yet" {
		return fault.New(fault.Source, "audience.feed_unread", "audiences."+a.Name+" reads "+r.Table+", of which no event has been read yet").
			At("audiences." + a.Name).Do("take the feed in first: freshet serve")
	}
	for _, column := range described.Columns {
		r.Columns = append(r.Columns, audience.Column{Name: column.Name, Type: column.Type})
	}
	for _, column := range lead {
		if !slices.ContainsFunc(r.Columns, func(c audience.Column) bool { return strings.EqualFold(c.Name, column) }) {
			return nil // said when the definition is checked
		}
	}
	origins, err := e.Origins(ctx, query, lead)
	for _, o := range origins {
		base := audience.Base{Table: o.Table, Columns: map[string]string{}}
		for i, column := range o.Columns {
			if column != "" {
				base.Columns[lead[i]] = column
			}
		}
		r.Bases = append(r.Bases, base)
	}
	return err
}

// describeAudience says an audience in words, and whether it follows its feeds.
func describeAudience(a config.Audience, c audience.Compiled) Finding {
	text := audience.Sentence(a.Definition)
	if live := c.Live(); live.Live {
		text += " Live."
	} else {
		text += " Batch: " + live.Why + "."
	}
	return good("audiences."+a.Name, text)
}

// audiences checks every audience and says it in words; wrong are those that cannot be evaluated.
func (s *Service) audiences(ctx context.Context) (all []Finding, wrong map[string]bool) {
	wrong = map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(s.workspace.Audiences)) {
		found, err := s.audience(ctx, s.workspace.Audiences[name])
		if err != nil {
			wrong[name] = true
			all = append(all, failures(err)...)
			continue
		}
		all = append(all, found)
	}
	return all, wrong
}

func (s *Service) audience(ctx context.Context, a config.Audience) (Finding, error) {
	e, shut, err := s.engine(ctx, s.reads(a))
	if err != nil {
		return Finding{}, err
	}
	defer shut()
	c, err := s.compile(ctx, e, a)
	if err != nil {
		return Finding{}, err
	}
	if _, err := e.Describe(ctx, s.members(a, c)); err != nil {
		return Finding{}, err
	}
	return describeAudience(a, c), nil
}
