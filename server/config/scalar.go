package config

import (
	_ "embed"
	"errors"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // a machine or image without a time zone database reads schedules like any other

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
	"github.com/freshet/freshet/sync/timetable"
)

var errForm = errors.New("not in the form that is wanted")

// parseDuration reads "90m", "1h30m" and, beyond Go's own units, whole days: "7d". It is more than zero.
func parseDuration(text string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.Atoi(days)
		if err != nil || n <= 0 || n > 36500 {
			return 0, errForm
		}
		return time.Duration(n) * 24 * time.Hour, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, errForm
	}
	return d, nil
}

// parsePercent reads "99.9%": 0 to 100.
func parsePercent(text string) (float64, error) {
	number, ok := strings.CutSuffix(text, "%")
	if !ok {
		return 0, errForm
	}
	p, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if err != nil || math.IsNaN(p) || p < 0 || p > 100 {
		return 0, errForm
	}
	return p, nil
}

// parseLimit reads "10%" or "500".
func parseLimit(text string) (model.Limit, error) {
	if p, err := parsePercent(text); err == nil {
		return model.Limit{Percent: p, IsShare: true}, nil
	}
	n, err := parseCount(text)
	return model.Limit{Count: n}, err
}

func parseCount(text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, errForm
	}
	return n, nil
}

// misfit is an error that says more than what was wanted. Where the text came from the environment it is not quoted.
type misfit struct{ message, plain, suggestion string }

func (m *misfit) Error() string { return m.plain }

// parseInterval is parseDuration for the time between two runs.
func parseInterval(text string) (time.Duration, error) {
	d, err := parseDuration(text)
	if err == nil && d < time.Second {
		return 0, &misfit{"is less than a second", "is less than a second", "write 1s or more; a sync of tier realtime over a feed needs no schedule"}
	}
	return d, err
}

// parseCron takes the five classic fields and the @hourly family.
func parseCron(text string) error {
	_, err := timetable.ParseCron(text)
	var bad *timetable.BadCron
	if errors.As(err, &bad) {
		return &misfit{"wants five cron fields: " + bad.Message, "wants five cron fields: " + bad.Plain, bad.Suggestion}
	}
	return err
}

//go:embed zones.txt
var zonesText string

// zones are the names of the time zones, as the time zone database has them.
func zones() []string { return strings.Fields(zonesText) }

// parseZone takes a name of the time zone database. The zone of a machine is none of them: it is another on the next machine.
func parseZone(text string) error {
	if _, err := time.LoadLocation(text); err == nil && slices.Contains(zones(), text) {
		return nil
	}
	bad := &misfit{"is " + quote(text) + ", and there is no such time zone", "is a text from the environment that is no time zone",
		"write a name of the time zone database such as Europe/Berlin, America/New_York or UTC"}
	if near := nearestZone(text); near != "" {
		bad.suggestion = "did you mean " + near + "?"
	}
	return bad
}

// nearestZone finds what was meant; a city alone is enough.
func nearestZone(text string) string {
	for _, name := range zones() {
		if city := name[strings.LastIndex(name, "/")+1:]; strings.EqualFold(city, strings.ReplaceAll(text, " ", "_")) {
			return name
		}
	}
	return fault.Nearest(text, zones())
}

func parseURL(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Scheme == "" || u.Host == "" {
		return errForm // the parser's own words quote the address, which may hold a password
	}
	return nil
}

// The rules for names. A source becomes a catalog and a model a view of the engine, so both are plain SQL names.
var (
	sqlName   = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	plainName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`)
)
