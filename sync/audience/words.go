package audience

import "slices"

// Cmp is a comparison.
type Cmp string

// The comparisons.
const (
	Eq          Cmp = "eq"
	Ne          Cmp = "ne"
	Lt          Cmp = "lt"
	Le          Cmp = "le"
	Gt          Cmp = "gt"
	Ge          Cmp = "ge"
	Between     Cmp = "between" // both ends included
	In          Cmp = "in"
	NotIn       Cmp = "notin"
	Contains    Cmp = "contains"
	NotContains Cmp = "ncontains"
	Starts      Cmp = "starts"
	Ends        Cmp = "ends"
	Matches     Cmp = "matches" // a regular expression (RE2) somewhere in the text
	Set         Cmp = "set"
	Empty       Cmp = "empty"
	On          Cmp = "on"
	Before      Cmp = "before"
	After       Cmp = "after"
	Last        Cmp = "last"
	Next        Cmp = "next"
	BeforeLast  Cmp = "before_last"
	AfterNext   Cmp = "after_next"
	Anniversary Cmp = "anniversary"
	IsTrue      Cmp = "is_true"
	IsFalse     Cmp = "is_false"
	HasAny      Cmp = "has_any"
	HasAll      Cmp = "has_all"
)

// Comparisons are all of them.
func Comparisons() []Cmp {
	return []Cmp{Eq, Ne, Lt, Le, Gt, Ge, Between, In, NotIn, Contains, NotContains, Starts, Ends, Matches, Set, Empty, On, Before,
		After, Last, Next, BeforeLast, AfterNext, Anniversary, IsTrue, IsFalse, HasAny, HasAll}
}

// Unset says what a test answers where there is no value.
type Unset string

// The answers. The zero Unset is UnsetIn for ne, notin and ncontains, and UnsetOut for every other comparison.
const (
	UnsetDefault Unset = ""
	UnsetIn      Unset = "in"
	UnsetOut     Unset = "out"
)

// Of says what the test answers where there is no value.
func (u Unset) in(c Cmp) bool {
	if u == UnsetDefault {
		return c == Ne || c == NotIn || c == NotContains
	}
	return u == UnsetIn
}

// Ref says whose field a test compares with.
type Ref string

// The references.
const (
	NoRef     Ref = ""
	RefEntity Ref = "entity" // the record's
	RefStep0  Ref = "step0"  // the first step's of a sequence
)

// Fn makes one value of many rows.
type Fn string

// The functions. Count, sum and distinct of nothing are 0; the others have no value then, and every test of it is false.
const (
	Count    Fn = "count"
	Sum      Fn = "sum"
	Avg      Fn = "avg"
	Min      Fn = "min"
	Max      Fn = "max"
	Distinct Fn = "distinct"
	FirstAt  Fn = "first_at"
	LastAt   Fn = "last_at"
)

// Functions are all of them.
func Functions() []Fn { return []Fn{Count, Sum, Avg, Min, Max, Distinct, FirstAt, LastAt} }

func (f Fn) wantsField() bool { return slices.Contains([]Fn{Sum, Avg, Min, Max, Distinct}, f) }

// Align says what a window's days are counted in.
type Align string

// The alignments. Weeks begin on Monday.
const (
	Rolling Align = ""
	Days    Align = "day"
	Weeks   Align = "week"
)
