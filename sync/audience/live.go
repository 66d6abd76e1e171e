package audience

import (
	"fmt"
	"strings"
)

// Liveness says whether an audience follows its feeds event by event, or is evaluated as a whole from time to time.
type Liveness struct {
	Live bool
	Why  string // why not
}

// Live is true where every table that the definition reads is a feed, every change of it leads to keys, and no limit
// makes one record's membership depend on all others.
func (c Compiled) Live() Liveness { return c.live(false) }

// Follows is Live but for tables that are no feeds: where those stay as they are, the audience can be followed all the same.
func (c Compiled) Follows() Liveness { return c.live(true) }

func (c Compiled) live(others bool) Liveness {
	limited := ""
	c.everyDefinition(func(d Definition) {
		if d.Limit != nil && limited == "" {
			limited = "it keeps only the first by " + d.Limit.By
			if d.Name != c.definition.Name {
				limited = fmt.Sprintf("the audience %s keeps only the first by %s", d.Name, d.Limit.By)
			}
		}
	})
	if limited != "" {
		return Liveness{Why: limited}
	}
	for _, p := range c.Paths() {
		if !strings.EqualFold(split(p.Table)[0], "feeds") {
			if others {
				continue
			}
			return Liveness{Why: p.Table + " is no feed"}
		}
		if p.Whole {
			return Liveness{Why: p.Why}
		}
	}
	return Liveness{Live: true}
}
