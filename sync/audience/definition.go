package audience

import "github.com/freshet/freshet/sync/model"

// Definition says who of a model's records is a member.
type Definition struct {
	Name    string
	Model   string // the entity: the model whose records are chosen from
	Zone    string // IANA name of the zone that days and weeks are counted in; "" is UTC
	Include Node   // nil: every record
	Exclude Node   // nil: none
	Limit   *Limit
	Split   *Split
}

// Limit keeps the first N members by a column; records without a value come last, and ties go to the lower key.
type Limit struct {
	N         int
	By        string
	Ascending bool
}

// Split divides the members into named groups that never change for a key. It says nothing about who is a member.
type Split struct {
	Salt   string
	Groups []Group
}

// Group takes the keys whose bucket is at least From and below To, of 10000.
type Group struct {
	Name     string
	From, To int
}

// Node is one condition of a definition: All, Any, Not, Prop, Rel, Seq, Member, Consent or Bucket. It is true or
// false of every record, never neither.
type Node interface{ id() string }

// All is true where every one of its conditions is.
type All struct {
	ID string
	Of []Node
}

// Any is true where at least one of its conditions is.
type Any struct {
	ID string
	Of []Node
}

// Not is true where its condition is false.
type Not struct {
	ID string
	Of Node
}

// Prop tests a column of the record itself.
type Prop struct {
	ID    string
	Field string
	Test
}

// Rel counts, or otherwise sums up, the record's rows in related tables, and tests the result. With Event it is an
// event node: its tables have a time, and there may be several of them.
type Rel struct {
	ID     string
	Event  bool
	Names  []string // of related tables; without Event one
	Where  Rows
	Agg    Agg
	Window Window
	Test   // of what Agg gives; Unset is not used
}

// Seq is true where the steps happened one after the other, beginning in the window.
type Seq struct {
	ID     string
	Steps  []Step
	Window Window
}

// Member is true for members of another audience of the same model.
type Member struct {
	ID       string
	Audience string
}

// Consent is true where consent for the purpose is on record. What is not on record is no.
type Consent struct {
	ID      string
	Purpose string
}

// Bucket is true for a share of the keys, chosen by a hash that never changes: BucketOf gives at least From and below To.
type Bucket struct {
	ID       string
	Salt     string
	From, To int
}

func (n All) id() string     { return n.ID }
func (n Any) id() string     { return n.ID }
func (n Not) id() string     { return n.ID }
func (n Prop) id() string    { return n.ID }
func (n Rel) id() string     { return n.ID }
func (n Seq) id() string     { return n.ID }
func (n Member) id() string  { return n.ID }
func (n Consent) id() string { return n.ID }
func (n Bucket) id() string  { return n.ID }

// Test compares a value.
type Test struct {
	Cmp    Cmp
	Values []model.Value // one; two for between; any number for in, notin, has_any and has_all; a Span's text for last and its like
	Ref    Ref           // not "": the one value names a field to compare with
	Unset  Unset
}

// Pred tests a column of a related row.
type Pred struct {
	Field string
	Test
}

// Rows chooses rows: those for which every one of All holds and, where there are any, at least one of Any.
type Rows struct {
	All, Any []Pred
}

// Agg makes one value of many rows.
type Agg struct {
	Fn    Fn
	Field string // for sum, avg, min, max and distinct
}

// Step is one event of a sequence. The first is neither Not nor within anything.
type Step struct {
	Event  string
	Where  Rows
	Not    bool     // it did not happen
	Within Span     // so long after the last step before it that is not a Not; 0: at any time after it
	Same   []string // fields whose values are those of that step
}

// Window says when a row counts. The zero Window is "at any time until now". At most one of Last, From or To, and Ago is set.
type Window struct {
	Last     Span
	Align    Align  // Last counts whole days or weeks of the zone, the present one among them
	From, To string // moments: a day (To: that day included), or a time with or without a zone (To: not included)
	Ago      [2]Span
}
