package engine

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/mapping"
	"github.com/freshet/freshet/sync/model"
	"github.com/freshet/freshet/sync/reach"
)

// keysTable is what the SQL of a walk over some keys calls these keys: their text, and each part in its own type. A few of them
// stand in the query itself, more in a temporary table of the walk's connection.
const keysTable = "freshet_keys"

// Scope is a model that can be evaluated for some keys alone, and what its feeds' changes mean for them.
type Scope struct {
	Model   model.Model
	Feeds   []Reached // the feeds it reads, each use and each way from there to the key
	Beside  bool      // it reads tables that are no feeds, whose changes nobody tells
	columns []mapping.Column
	key     []mapping.Column
	sql     string // the model restricted to some keys: keysTable, and holes for their parts
	exact   bool   // sql gives few rows besides those of the keys, and texts tell these
	dues    string // SELECT of pk and due, restricted likewise; "" where time changes nothing
	allDues string // the same for all keys
}

// Reached is one way from a feed that a model reads to the model's keys.
type Reached struct {
	Feed   string
	By     []string  // the feed's columns that equal the model's key columns
	Way    reach.Way // instead of By: through which other tables the feed's rows lead to the key
	Lookup string    // instead of By: a SELECT of the keys' texts, pk, over the feed's changed rows as "changed"
}

// reachedFrom are the ways from one use of a feed.
func reachedFrom(t reach.Table) []Reached {
	if t.Whole() {
		return []Reached{{Feed: t.Name, By: t.By}}
	}
	var all []Reached
	for _, w := range t.Ways {
		all = append(all, Reached{Feed: t.Name, Way: w})
	}
	return all
}

// Evaluation is what a model of members is evaluated by, for some keys or for all.
type Evaluation struct {
	Entity string                   // SELECT of every record that could be a member
	Key    string                   // SQL of the key's text over Entity as m
	For    func(keys string) string // SELECT of pk, member and due; keys is a relation with a column pk, "" for all
	Feeds  []Reached
}

// ScopeOfMembers is the scope of a model whose rows are those of Entity that are members. Its dues say when time alone can
// next change who is one.
func (e *Engine) ScopeOfMembers(ctx context.Context, m model.Model, v Evaluation) (*Scope, error) {
	described, err := e.Describe(ctx, m)
	if err != nil {
		return nil, err
	}
	some := v.For(keysTable)
	return &Scope{Model: m, Feeds: v.Feeds, columns: described.Columns, key: keyColumns(m, described.Columns),
		sql:  "SELECT m.* FROM (" + v.Entity + ") AS m WHERE " + v.Key + " IN (SELECT pk FROM (" + some + ") WHERE member)",
		dues: some, allDues: v.For("")}, nil
}

// Timed says whether time alone can change what keys give.
func (s *Scope) Timed() bool { return s.dues != "" }

// Due is when time alone can next change what a key gives; a zero At means never.
type Due struct {
	Key model.Key
	At  time.Time
}

// Dues tells when the keys are due next, as of now; nil keys are all, of which only those that are due are told. A scope
// that time does not change has none.
func (e *Engine) Dues(ctx context.Context, s *Scope, keys []model.Key, now time.Time) ([]Due, error) {
	if s.dues == "" {
		return nil, nil
	}
	conn, err := e.db.Conn(ctx)
	if err != nil {
		return nil, translate(ctx, err)
	}
	defer discard(conn)
	query := "SELECT pk, epoch_us(due) FROM (" + s.allDues + ") WHERE due IS NOT NULL"
	if keys != nil {
		query = "SELECT k.pk, min(epoch_us(due)) FROM " + keysTable + " AS k LEFT JOIN (" + s.dues + ") AS d ON d.pk = k.pk GROUP BY k.pk"
		if query, err = withKeys(ctx, conn, s.key, keys, query); err != nil {
			return nil, translate(ctx, err)
		}
	}
	if err := setNow(ctx, conn, now); err != nil {
		return nil, translate(ctx, err)
	}
	var dues []Due
	err = read(ctx, conn, query, func(row []driver.Value) error {
		d := Due{Key: model.Key(row[0].(string))}
		if at, ok := row[1].(int64); ok {
			d.At = time.UnixMicro(at).UTC()
		}
		dues = append(dues, d)
		return nil
	})
	return dues, translate(ctx, err)
}

// ScopeOf finds out whether a model can be evaluated for some keys alone. Fault model.not_live says why it cannot.
func (e *Engine) ScopeOf(ctx context.Context, m model.Model) (*Scope, error) {
	described, err := e.Describe(ctx, m)
	if err != nil {
		return nil, err
	}
	conn, err := e.db.Conn(ctx)
	if err != nil {
		return nil, translate(ctx, err)
	}
	defer conn.Close()
	s := &Scope{Model: m, columns: described.Columns, key: keyColumns(m, described.Columns)}
	parse, err := parseOf(ctx, conn, m.SQL)
	if err != nil {
		return nil, translate(ctx, err)
	}
	found, err := reach.Find(parse, m.Key, catalog{ctx, conn})
	if err == nil && !sameNames(found.Names, described.Columns) {
		err = &reach.Refusal{Why: "its columns are not those that its SQL seems to give"}
	}
	if err == nil {
		err = s.follow(ctx, conn, found)
	}
	var refusal *reach.Refusal
	if errors.As(err, &refusal) {
		return nil, notLive(m, refusal.Why)
	}
	return s, err
}

func notLive(m model.Model, why string) error {
	return fault.New(fault.Usage, "model.not_live", "model "+m.Name+" cannot follow its feeds key by key: "+why).At(where(m, m.SQLPos)).
		Do("its syncs are evaluated whole, by schedule or by hand; change the SQL if they are to be live")
}

// sameNames is a check on the reading of the SQL: what it was understood to give is what DuckDB gives. An expression's name is
// DuckDB's own affair.
func sameNames(read []string, columns []mapping.Column) bool {
	return len(read) == len(columns) && !slices.ContainsFunc(columns, func(c mapping.Column) bool {
		at := slices.IndexFunc(columns, func(d mapping.Column) bool { return d.Name == c.Name })
		return read[at] != "" && !strings.EqualFold(read[at], c.Name)
	})
}

func keyColumns(m model.Model, columns []mapping.Column) []mapping.Column {
	var key []mapping.Column
	for _, name := range m.Key {
		i := slices.IndexFunc(columns, func(c mapping.Column) bool { return strings.EqualFold(c.Name, name) })
		key = append(key, columns[i])
	}
	return key
}

func parseOf(ctx context.Context, conn *sql.Conn, query string) (parse []byte, err error) {
	err = read(ctx, conn, "SELECT CAST(json_serialize_sql("+literal(query)+") AS VARCHAR)", func(row []driver.Value) error {
		parse = []byte(row[0].(string))
		return nil
	})
	return parse, err
}

// follow restricts the tables that lead to the key and notes the feeds among them; a feed that does not lead there could
// change any record.
func (s *Scope) follow(ctx context.Context, conn *sql.Conn, found *reach.Reach) error {
	for _, t := range found.Tables {
		if !strings.EqualFold(t.Schema, feedStoreName) {
			s.Beside = true
			continue
		}
		if !t.Bound() {
			return &reach.Refusal{Why: s.unreached(t)}
		}
		s.Feeds = append(s.Feeds, reachedFrom(t)...)
	}
	restricted, err := found.Restrict(func(t reach.Table, alias string) (map[string]any, error) {
		condition := restriction(t)
		if condition == "" {
			return nil, nil
		}
		return fromItem(ctx, conn, fmt.Sprintf("SELECT * FROM (SELECT * FROM %s WHERE %s) AS %s", qualified(t), condition, name(alias)))
	})
	if err != nil {
		return err
	}
	err = read(ctx, conn, "SELECT json_deserialize_sql("+literal(string(restricted))+")", func(row []driver.Value) error {
		s.sql = row[0].(string)
		return nil
	})
	if err != nil {
		return translate(ctx, err)
	}
	s.exact = s.isExact(found)
	return sameSkeleton(ctx, conn, restricted, s.sql)
}

// isExact says that the restriction of the one table that is read leaves little besides the keys' rows: the query need not look for
// these a second time, and KeyWalk tells them by their keys' texts, which are equal where the values are.
func (s *Scope) isExact(found *reach.Reach) bool {
	if len(found.Tables) != 1 || !found.Tables[0].Whole() || len(s.key) != 1 {
		return false
	}
	typ := s.key[0].Type
	return typ == "VARCHAR" || typ == "BIGINT" || typ == "INTEGER"
}

// sameSkeleton makes sure that the SQL DuckDB has written of a parse is read by it as that parse.
func sameSkeleton(ctx context.Context, conn *sql.Conn, parse []byte, query string) error {
	again, err := parseOf(ctx, conn, query)
	if err != nil {
		return translate(ctx, err)
	}
	want, err := reach.Skeleton(parse)
	if err != nil {
		return err
	}
	got, err := reach.Skeleton(again)
	if err == nil && got != want {
		err = &reach.Refusal{Why: "its joins are written in a way that cannot be taken apart and put together again"}
	}
	return err
}

// unreached says why a feed's changes cannot be followed.
func (s *Scope) unreached(t reach.Table) string {
	why := fmt.Sprintf("a change in feeds.%s can reach any record: no equal columns lead from it to the key %s", t.Name, strings.Join(s.Model.Key, ", "))
	if t.Unlike != "" {
		why += "; it compares " + t.Unlike + ", which are of unlike types"
	}
	return why
}

func qualified(t reach.Table) string {
	var parts []string
	for _, p := range []string{t.Catalog, t.Schema, t.Name} {
		if p != "" {
			parts = append(parts, name(p))
		}
	}
	return strings.Join(parts, ".")
}

// restriction is the condition on a table's rows that some keys alone need; "" where every row is wanted, or where DuckDB finds
// the rows by itself.
func restriction(t reach.Table) string {
	var columns, keys []string
	var part int
	for i, c := range t.By {
		if c != "" {
			columns = append(columns, name(c))
			keys = append(keys, fmt.Sprintf("k%d", i))
			part = i
		}
	}
	switch {
	case len(columns) == 1:
		return columns[0] + " IN (" + hole(part) + ")"
	case len(columns) > 0:
		return within(columns, keys, keysTable, "")
	case !t.Deep:
		return ""
	}
	var all []string
	for _, w := range t.Ways {
		all = append(all, alongWay(w))
	}
	return strings.Join(all, " OR ")
}

// alongWay is the condition that a row leads to one of the keys along a way.
func alongWay(w reach.Way) string {
	var mine, theirs []string
	for _, p := range w[0].On {
		mine, theirs = append(mine, name(p.From)), append(theirs, name(p.To))
	}
	var further string
	if len(w) > 1 {
		further = alongWay(w[1:])
	} else {
		further = restriction(w[0].To)
	}
	return within(mine, theirs, qualified(w[0].To), further)
}

// within is the condition that columns have values that a table has in others.
func within(columns, theirs []string, table, where string) string {
	list := strings.Join(columns, ", ")
	if len(columns) > 1 {
		list = "(" + list + ")"
	}
	if where != "" {
		where = " WHERE " + where
	}
	return fmt.Sprintf("%s IN (SELECT %s FROM %s%s)", list, strings.Join(theirs, ", "), table, where)
}

// fromItem is DuckDB's parse of what a query reads from.
func fromItem(ctx context.Context, conn *sql.Conn, query string) (map[string]any, error) {
	parse, err := parseOf(ctx, conn, query)
	if err != nil {
		return nil, translate(ctx, err)
	}
	var tree struct {
		Statements []struct {
			Node struct {
				From map[string]any `json:"from_table"`
			} `json:"node"`
		} `json:"statements"`
	}
	decoder := json.NewDecoder(strings.NewReader(string(parse)))
	decoder.UseNumber()
	if err := decoder.Decode(&tree); err != nil || len(tree.Statements) != 1 {
		return nil, errors.Join(err, errors.New("the restriction of a table could not be parsed"))
	}
	return tree.Statements[0].Node.From, nil
}

// catalog answers reach's questions from the engine itself.
type catalog struct {
	ctx  context.Context
	conn *sql.Conn
}

func (c catalog) Columns(catalog, schema, table string) (columns []reach.Column, ok bool) {
	of := qualified(reach.Table{Catalog: catalog, Schema: schema, Name: table})
	err := read(c.ctx, c.conn, "SELECT column_name, column_type FROM (DESCRIBE "+of+")", func(row []driver.Value) error {
		columns = append(columns, reach.Column{Name: row[0].(string), Type: row[1].(string)})
		return nil
	})
	return columns, err == nil
}

// View gives the SELECT of a model that another one reads, or of a feed.
func (c catalog) View(catalog, schema, view string) (parse []byte) {
	if !strings.EqualFold(schema, "models") && !strings.EqualFold(schema, "feeds") {
		return nil
	}
	var query string
	_ = read(c.ctx, c.conn, "SELECT sql FROM duckdb_views() WHERE database_name = 'memory' AND lower(schema_name) = lower("+literal(schema)+
		") AND lower(view_name) = lower("+literal(view)+")", func(row []driver.Value) error {
		query = selectOf(row[0].(string))
		return nil
	})
	if query != "" {
		parse, _ = parseOf(c.ctx, c.conn, query)
	}
	return parse
}

// selectOf is the SELECT in DuckDB's own text of a view.
func selectOf(create string) string {
	_, query, _ := strings.Cut(create, " AS ")
	return strings.TrimSuffix(strings.TrimSpace(query), ";")
}
