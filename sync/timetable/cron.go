package timetable

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/freshet/freshet/sync/fault"
	"github.com/robfig/cron/v3"
)

// Cron is five cron fields: minute, hour, day of the month, month, day of the week. The zero Cron never comes.
type Cron struct {
	text string
	spec *cron.SpecSchedule
}

// BadCron says what is wrong with cron fields. Message quotes them; Plain does not.
type BadCron struct {
	Message, Plain, Suggestion string
}

func (b *BadCron) Error() string { return b.Plain }

// cronField is one of the five.
type cronField struct {
	name, reach string
	parser      cron.Parser
	words       []string
}

var cronFields = []cronField{
	{"minute", "0 to 59", cron.NewParser(cron.Minute), nil},
	{"hour", "0 to 23", cron.NewParser(cron.Hour), nil},
	{"day of the month", "1 to 31", cron.NewParser(cron.Dom), nil},
	{"month", "1 to 12, or jan to dec", cron.NewParser(cron.Month),
		[]string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}},
	{"day of the week", "0 (Sunday) to 6, or sun to sat", cron.NewParser(cron.Dow), []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}},
}

var shortcuts = []string{"@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly", "@annually"}

const cronExample = `write five cron fields such as "0 6 * * *": minute, hour, day of the month, month, day of the week`

// ParseCron reads five fields, or @hourly and the like. Its error is a *BadCron.
func ParseCron(text string) (Cron, error) {
	text = strings.TrimSpace(text)
	if bad := misplaced(text); bad != nil {
		return Cron{}, bad
	}
	if !strings.HasPrefix(text, "@") {
		if bad := fieldwise(strings.Fields(text)); bad != nil {
			return Cron{}, bad
		}
	}
	parsed, err := cron.ParseStandard(text)
	spec, ok := parsed.(*cron.SpecSchedule)
	if err != nil || !ok {
		return Cron{}, &BadCron{Message: "these are no cron fields", Plain: "these are no cron fields", Suggestion: cronExample}
	}
	spec.Location = time.UTC // it is asked for the time on a wall clock, whose zone is a matter of its own
	if spec.Next(time.Unix(0, 0).UTC()).IsZero() {
		never := "there is no such day, so it would never come"
		return Cron{}, &BadCron{Message: never, Plain: never, Suggestion: "look at the day of the month and the month"}
	}
	return Cron{text: text, spec: spec}, nil
}

// misplaced finds what other programs write into cron fields and has a place of its own here.
func misplaced(text string) *BadCron {
	const zoned, spanned = "a time zone stands before the fields", "@every is no time of a clock"
	switch {
	case strings.HasPrefix(text, "TZ=") || strings.HasPrefix(text, "CRON_TZ="):
		return &BadCron{zoned, zoned, "take it out and write zone: beside cron"}
	case strings.HasPrefix(text, "@every"):
		return &BadCron{spanned, spanned, "write every: 15m instead of cron"}
	case strings.HasPrefix(text, "@") && !slices.Contains(shortcuts, text):
		bad := &BadCron{fmt.Sprintf("there is no %q", text), "there is no such shortcut", "it can be " + strings.Join(shortcuts, ", ")}
		if near := fault.Nearest(text, shortcuts); near != "" {
			bad.Suggestion = "did you mean " + near + "?"
		}
		return bad
	}
	return nil
}

// fieldwise finds the first field that is wrong, and says how.
func fieldwise(fields []string) *BadCron {
	if len(fields) == 6 {
		six := "there are six fields; seconds are not among them"
		return &BadCron{six, six, "leave the first one out: " + cronExample}
	}
	if len(fields) != len(cronFields) {
		n := fmt.Sprintf("there are %d fields, not five", len(fields))
		return &BadCron{n, n, cronExample}
	}
	for i, f := range cronFields {
		if _, err := f.parser.Parse(fields[i]); err == nil && strings.Trim(fields[i], ",") == fields[i] {
			continue
		}
		bad := &BadCron{fmt.Sprintf("%q is no %s", fields[i], f.name), "its " + f.name + " is none", "the " + f.name + " is " + f.reach}
		if near := fault.Nearest(fields[i], f.words); near != "" {
			bad.Suggestion = "did you mean " + near + "?"
		}
		return bad
	}
	return nil
}

// set says whether there are fields at all.
func (c Cron) set() bool { return c.spec != nil }

func (c Cron) String() string { return c.text }

// everyHour says that the hour plays no part: such a job goes by the time that passes, not by the time of day.
func (c Cron) everyHour() bool { return c.spec.Hour&(1<<24-1) == 1<<24-1 }

// oneA says whether it comes at most once an hour, and at most once a day.
func (c Cron) oneA() (hour, day bool) {
	one := func(bits uint64) bool { return bits&(bits-1) == 0 }
	hour = one(c.spec.Minute &^ (1 << 63))
	return hour, hour && one(c.spec.Hour&^(1<<63))
}
