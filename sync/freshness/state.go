package freshness

import (
	"fmt"
	"math"
	"time"
)

// State says in a word where something stands.
type State string

// The states.
const (
	Fresh        State = "fresh"         // the age is at most four fifths of the limit
	AtRisk       State = "at risk"       // it is more, the error budget burns too fast, or nothing says that all is well
	Late         State = "late"          // the limit is exceeded
	Held         State = "held"          // a plan waits for a person
	ActionNeeded State = "action needed" // it cannot go on without a person
	Paused       State = "paused"        // a person has paused it
	Unknown      State = "unknown"       // nothing was measured
)

// States are all of them, the best first.
func States() []State { return []State{Fresh, Unknown, Paused, AtRisk, Late, Held, ActionNeeded} }

// Facts is what a sync's state follows from.
type Facts struct {
	Paused  string        // why a person has paused it
	Needs   string        // why it cannot go on without a person
	Held    string        // why its plan is held
	Never   string        // why nothing was measured
	Age     time.Duration // since when what the destination has may be old
	Limit   time.Duration // 0: none
	Waits   string        // what it waits for, where something stands still
	Trouble string        // what is wrong, though the limit is kept
	Burning bool
	Burn    float64 // over the last hour
}

// Judge says in a word where a sync stands, and why. What a person decides comes before what time does: a sync that is held says so,
// however late it is.
func Judge(f Facts) (State, string) {
	word, why := byAge(f)
	switch {
	case f.Paused != "":
		return Paused, f.Paused
	case f.Needs != "":
		return ActionNeeded, f.Needs
	case f.Held != "":
		return Held, f.Held
	default:
		return word, why
	}
}

func byAge(f Facts) (State, string) {
	switch {
	case f.Never != "":
		return Unknown, f.Never
	case f.Limit > 0 && f.Age > f.Limit:
		return Late, because("changes may be "+Span(f.Age)+" old, and the limit is "+Span(f.Limit), f.Waits, f.Trouble)
	case f.Trouble != "":
		return AtRisk, f.Trouble
	case f.Limit > 0 && f.Age > f.Limit/5*4:
		return AtRisk, because("changes may be "+Span(f.Age)+" old, and the limit is "+Span(f.Limit), f.Waits)
	case f.Burning:
		return AtRisk, fmt.Sprintf("the error budget goes %.1f times as fast as it may", f.Burn)
	case f.Limit == 0:
		return Unknown, "nothing is promised, and it runs by hand"
	}
	return Fresh, ""
}

func because(what string, whys ...string) string {
	for _, why := range whys {
		if why != "" {
			return what + ": " + why
		}
	}
	return what
}

// Span writes a span as people say it: two units at most.
func Span(d time.Duration) string {
	switch s := int64(math.Round(d.Seconds())); {
	case d < time.Second:
		return fmt.Sprintf("%d ms", max(0, d.Milliseconds()))
	case s < 60:
		return fmt.Sprintf("%d s", s)
	case s < 3600:
		return two(s/60, "min", s%60, "s")
	case s < 48*3600:
		return two(s/3600, "h", s%3600/60, "min")
	default:
		return two(s/86400, "d", s%86400/3600, "h")
	}
}

func two(a int64, of string, b int64, rest string) string {
	if b == 0 {
		return fmt.Sprintf("%d %s", a, of)
	}
	return fmt.Sprintf("%d %s %d %s", a, of, b, rest)
}
