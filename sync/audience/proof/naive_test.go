package proof

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	a "github.com/freshet/freshet/sync/audience"
)

// naive answers from the rules' words alone, one person and one condition after the other.
type naive struct {
	*world
	audiences map[string]a.Definition
	children  map[string]map[any][]row // rows of a table by the value they are joined by
}

func newNaive(w *world, audiences map[string]a.Definition) *naive {
	n := &naive{world: w, audiences: audiences, children: map[string]map[any][]row{}}
	for table, by := range map[string]string{"orders": "customer_id", "items": "order_id", "carts": "mail", "views": "customer_id", "cards": "customer_id", "consents": "customer_id"} {
		n.children[table] = map[any][]row{}
		for _, r := range w.tables[table].rows {
			if r[by] != nil {
				n.children[table][r[by]] = append(n.children[table][r[by]], r)
			}
		}
	}
	return n
}

func (n *naive) member(d a.Definition, person row) bool {
	zone := d.Zone
	if zone == "" {
		zone = "UTC"
	}
	outer := n.zone
	n.zone, _ = time.LoadLocation(zone)
	defer func() { n.zone = outer }()
	in := d.Include == nil || n.is(d.Include, person)
	return in && (d.Exclude == nil || !n.is(d.Exclude, person))
}

func (n *naive) is(node a.Node, person row) bool {
	switch x := node.(type) {
	case a.All:
		return !slices.ContainsFunc(x.Of, func(c a.Node) bool { return !n.is(c, person) })
	case a.Any:
		return slices.ContainsFunc(x.Of, func(c a.Node) bool { return n.is(c, person) })
	case a.Not:
		return !n.is(x.Of, person)
	case a.Prop:
		return n.test(person[x.Field], x.Test, nil)
	case a.Rel:
		return n.related(x, person)
	case a.Seq:
		return n.sequence(x, person)
	case a.Member:
		return n.member(n.audiences[x.Audience], person)
	case a.Consent:
		return n.consent(x.Purpose, person)
	case a.Bucket:
		sum := sha256.Sum256(append([]byte(x.Salt), append([]byte{0x1f}, key(person)...)...))
		number, _ := strconv.ParseUint(hex.EncodeToString(sum[:])[:15], 16, 64)
		return int(number%10000) >= x.From && int(number%10000) < x.To
	}
	panic("unknown node")
}

// plain is a value without the emptinesses that are no value; a day is its first moment.
func (n *naive) plain(v any) any {
	switch x := v.(type) {
	case string:
		if x == "" {
			return nil
		}
	case []string:
		if len(x) == 0 {
			return nil
		}
	case date:
		return n.firstOf(x.Time)
	}
	return v
}

var firsts = map[string]time.Time{}

// firstOf finds the first moment of a day of the zone by looking at every quarter of an hour.
func (n *naive) firstOf(day time.Time) time.Time {
	name := n.zone.String() + day.Format(time.DateOnly)
	if t, ok := firsts[name]; ok {
		return t
	}
	t := day.Add(-30 * time.Hour)
	for t.In(n.zone).Format(time.DateOnly) < day.Format(time.DateOnly) {
		t = t.Add(15 * time.Minute)
	}
	firsts[name] = t
	return t
}

// dayOf is the day of the zone, as midnight in UTC.
func (n *naive) dayOf(t time.Time) time.Time {
	y, m, d := t.In(n.zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// moment reads a literal: its first moment, and the first behind it.
func (n *naive) moment(text string) (from, to time.Time, isDay bool) {
	if d, err := time.Parse(time.DateOnly, text); err == nil {
		return n.firstOf(d), n.firstOf(d.AddDate(0, 0, 1)), true
	}
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02 15:04"} {
		if t, err := time.ParseInLocation(layout, text, time.UTC); err == nil {
			return n.wall(t), n.wall(t).Add(time.Microsecond), false
		}
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t, t.Add(time.Microsecond), false
}

// wall is the moment at which clocks of the zone show t: the later one where they show it twice, and, where they skip
// it, what the clock before would have shown.
func (n *naive) wall(t time.Time) time.Time {
	var found []time.Time
	for shift := -15 * time.Hour; shift <= 15*time.Hour; shift += 15 * time.Minute {
		u := t.Add(shift)
		if u.In(n.zone).Format("2006-01-02 15:04:05.000000") == t.Format("2006-01-02 15:04:05.000000") {
			found = append(found, u)
		}
	}
	if len(found) > 0 {
		return found[len(found)-1]
	}
	_, offset := t.Add(-15 * time.Hour).In(n.zone).Zone()
	return t.Add(-time.Duration(offset) * time.Second)
}

func (n *naive) test(v any, t a.Test, other any) bool {
	v = n.plain(v)
	if t.Cmp == a.Set {
		return v != nil
	}
	if t.Cmp == a.Empty {
		return v == nil
	}
	if v == nil || t.Ref != a.NoRef && n.plain(other) == nil {
		switch t.Unset {
		case a.UnsetIn:
			return true
		case a.UnsetOut:
			return false
		}
		return t.Cmp == a.Ne || t.Cmp == a.NotIn || t.Cmp == a.NotContains
	}
	if t.Ref != a.NoRef {
		return order(t.Cmp, compare(v, n.plain(other)))
	}
	switch x := v.(type) {
	case float64:
		return n.among(t, func(i int) int { y, _ := strconv.ParseFloat(t.Values[i].Text, 64); return compare(x, y) })
	case string:
		return n.text(x, t)
	case bool:
		return x == (t.Cmp == a.IsTrue || len(t.Values) == 1 && (t.Values[0].Text == "true") == (t.Cmp == a.Eq))
	case []string:
		has := 0
		for _, want := range t.Values {
			if slices.Contains(x, want.Text) {
				has++
			}
		}
		return has == len(t.Values) || t.Cmp == a.HasAny && has > 0
	}
	return n.time(v.(time.Time), t)
}

func compare(x, y any) int {
	switch x := x.(type) {
	case float64:
		switch {
		case x < y.(float64):
			return -1
		case x > y.(float64):
			return 1
		}
		return 0
	case string:
		return strings.Compare(x, y.(string))
	}
	return x.(time.Time).Compare(y.(time.Time))
}

func order(c a.Cmp, sign int) bool {
	switch c {
	case a.Eq:
		return sign == 0
	case a.Ne:
		return sign != 0
	case a.Lt:
		return sign < 0
	case a.Le:
		return sign <= 0
	case a.Gt:
		return sign > 0
	}
	return sign >= 0
}

// among compares with the values of a test; sign compares with the i-th.
func (n *naive) among(t a.Test, sign func(i int) int) bool {
	switch t.Cmp {
	case a.Between:
		return sign(0) >= 0 && sign(1) <= 0
	case a.In, a.NotIn:
		found := false
		for i := range t.Values {
			found = found || sign(i) == 0
		}
		return found == (t.Cmp == a.In)
	}
	return order(t.Cmp, sign(0))
}

func (n *naive) text(x string, t a.Test) bool {
	y := t.Values[0].Text
	switch t.Cmp {
	case a.Contains:
		return strings.Contains(x, y)
	case a.NotContains:
		return !strings.Contains(x, y)
	case a.Starts:
		return strings.HasPrefix(x, y)
	case a.Ends:
		return strings.HasSuffix(x, y)
	case a.Matches:
		return regexp.MustCompile(y).MatchString(x)
	}
	return n.among(t, func(i int) int { return strings.Compare(x, t.Values[i].Text) })
}

func (n *naive) time(x time.Time, t a.Test) bool {
	switch t.Cmp {
	case a.Last, a.Next, a.BeforeLast, a.AfterNext:
		s, _ := a.ParseSpan(t.Values[0].Text)
		ago, ahead := n.now.Add(-time.Duration(s)), n.now.Add(time.Duration(s))
		return map[a.Cmp]bool{a.Last: x.After(ago) && !x.After(n.now), a.Next: x.After(n.now) && !x.After(ahead),
			a.BeforeLast: !x.After(ago), a.AfterNext: x.After(ahead)}[t.Cmp]
	case a.Anniversary:
		return n.anniversary(n.dayOf(x), n.dayOf(n.now))
	}
	c := t
	c.Cmp = map[a.Cmp]a.Cmp{a.On: a.Eq, a.Before: a.Lt, a.After: a.Gt}[t.Cmp]
	if c.Cmp == "" {
		c.Cmp = t.Cmp
	}
	return n.among(c, func(i int) int {
		from, to, _ := n.moment(t.Values[i].Text)
		switch {
		case x.Before(from):
			return -1
		case x.Before(to):
			return 0
		}
		return 1
	})
}

func (n *naive) anniversary(x, today time.Time) bool {
	if today.Year() <= x.Year() {
		return false
	}
	leap := today.AddDate(0, 0, 1).Day() == 1 && today.Day() == 28
	return x.Month() == today.Month() && (x.Day() == today.Day() || x.Month() == 2 && x.Day() == 29 && leap)
}

// inside: the row with time t counts in the window, now.
func (n *naive) inside(t time.Time, w a.Window) bool {
	if t.After(n.now) {
		return false
	}
	days := int(n.dayOf(n.now).Sub(n.dayOf(t)).Hours() / 24)
	switch {
	case w.Align == a.Days:
		return days < int(time.Duration(w.Last).Hours()/24)
	case w.Align == a.Weeks:
		weekday := int(n.dayOf(n.now).Weekday()+6) % 7
		return days-weekday <= int(time.Duration(w.Last).Hours()/24)-7
	case w.Last > 0:
		return t.After(n.now.Add(-time.Duration(w.Last)))
	case w.Ago[0] > 0:
		return t.After(n.now.Add(-time.Duration(w.Ago[0]))) && !t.After(n.now.Add(-time.Duration(w.Ago[1])))
	}
	if w.From != "" {
		if from, _, _ := n.moment(w.From); t.Before(from) {
			return false
		}
	}
	if w.To != "" {
		from, to, isDay := n.moment(w.To)
		if !isDay {
			to = from
		}
		return t.Before(to)
	}
	return true
}
