package policy

import (
	"fmt"
	"math"
)

// Shape is what values of a class can look like.
type Shape struct {
	Says    string // what such values are, as people say it
	Class   string
	Pattern string // of the whole value, or of a part of it; RE2, which Go and DuckDB both read
	Part    bool   // a part is enough: such a column is text that holds more than it should
}

// Shapes are those that values are compared with.
func Shapes() []Shape { return shapes }

var shapes = []Shape{
	{Says: "look like e-mail addresses", Class: Email, Pattern: `(?i)^\s*` + mailbox + `\s*$`},
	{Says: "look like phone numbers", Class: Phone, Pattern: `^\s*((\+|00)[1-9][0-9 ()./-]{6,18}|\(?[2-9][0-9]{2}\)?[ .-][2-9][0-9]{2}[ .-][0-9]{4})\s*$`},
	{Says: "look like bank account numbers (IBAN)", Class: Sensitive, Pattern: `^\s*[A-Z]{2}[0-9]{2}( ?[A-Z0-9]{4}){2,7}( ?[A-Z0-9]{1,3})?\s*$`},
	{Says: "look like payment card numbers", Class: Sensitive, Pattern: `^\s*[3-6][0-9]{3}([ -]?[0-9]{4}){2}[ -]?[0-9]{3,4}\s*$`},
	{Says: "look like internet addresses (IP)", Class: Address, Pattern: `^\s*([0-9]{1,3}\.){3}[0-9]{1,3}\s*$`},
	{Says: "have an e-mail address in them", Class: Sensitive, Pattern: `(?i)` + mailbox, Part: true},
}

const mailbox = `[a-z0-9._%+'-]+@[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,}`

// Seen is what a sample of a column's values looks like. It holds counts, never a value.
type Seen struct {
	Filled int64   // values that are not null
	Like   []int64 // how many are of each of the Shapes
}

// Guess is what a column seems to be, for a person to confirm.
type Guess struct {
	Class  string
	Why    string
	Values bool // the values told it, not the name
}

// mostly is the share of values that makes a column what they look like, some the share that makes a text suspect.
const (
	mostly = 0.8
	some   = 0.01
)

// GuessOf proposes a class by a column's name and by what its values look like. The more careful of the two counts.
func GuessOf(column string, seen Seen) Guess {
	named := hinted(column)
	byName := Guess{Class: named, Why: "its name"}
	if named == Sensitive || named == Consent {
		return byName
	}
	if g, ok := looks(seen); ok {
		return g
	}
	if named == "" {
		return Guess{Class: Sensitive, Why: "neither its name nor its values tell what it is"}
	}
	return byName
}

// looks is what the values tell.
func looks(seen Seen) (Guess, bool) {
	for i, shape := range shapes {
		if i >= len(seen.Like) || seen.Filled == 0 {
			break
		}
		share, enough := float64(seen.Like[i])/float64(seen.Filled), mostly
		if shape.Part {
			enough = some
		}
		if share >= enough {
			return Guess{Class: shape.Class, Why: fmt.Sprintf("%s of %d values %s", percent(share), seen.Filled, shape.Says), Values: true}, true
		}
	}
	return Guess{}, false
}

// percent rounds down, so that 100 % are all.
func percent(share float64) string { return fmt.Sprintf("%d %%", int(math.Floor(share*100))) }

// Doubted says whether values tell of a person although somebody has said that the column does not identify one.
func Doubted(class string, g Guess) bool {
	return g.Values && (harmless(class) || class == Behaviour || class == Consent)
}
