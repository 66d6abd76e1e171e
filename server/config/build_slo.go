package config

import (
	"fmt"
	"time"

	"github.com/freshet/freshet/sync/model"
	"github.com/freshet/freshet/sync/timetable"
	"go.yaml.in/yaml/v3"
)

// parseFreshness is parseDuration for a promise. What is less than a second is within what measuring it costs.
func parseFreshness(text string) (time.Duration, error) {
	d, err := parseDuration(text)
	if err == nil && d < time.Second {
		return 0, &misfit{"is less than a second", "is less than a second", "write 1s or more"}
	}
	return d, err
}

// parseSuccess is parsePercent for a promise: it leaves room for something to go wrong, and says that something arrives.
func parseSuccess(text string) (float64, error) {
	p, err := parsePercent(text)
	switch {
	case err == nil && p >= 100:
		return 0, &misfit{"promises that nothing ever goes wrong: there is no error budget to measure", "leaves no error budget", "write a little less, such as 99.9%"}
	case err == nil && p <= 0:
		return 0, &misfit{"promises nothing", "promises nothing", "write a share such as 99.5%"}
	}
	return p, err
}

// slo reads what a sync promises.
func (b *builder) slo(v value, s *model.Sync) {
	freshness, success := v.get("freshness"), v.get("success")
	s.Freshness, _ = parseFreshness(b.str(freshness))
	s.Success, _ = parseSuccess(b.str(success))
	if v.kind() == yaml.MappingNode && len(v.members()) == 0 {
		b.fail(v.pos(), "required", v.path+" promises nothing", "write {freshness: 15m, success: 99.5%}, or one of the two")
	}
	if gap := gapOf(*s); s.Freshness > 0 && gap >= s.Freshness {
		b.warn(freshness.pos(), "slo_out_of_reach", fmt.Sprintf("%s promises less than the time between two runs: a change that comes right after a run is late before the next",
			freshness.path), "let it run more often, or promise more than "+gap.String())
	}
}

// gapOf is the longest time between two runs of a sync; 0 where it is live, or runs by hand.
func gapOf(s model.Sync) time.Duration {
	zone, err := time.LoadLocation(s.Zone)
	if err != nil || s.Tier == "realtime" {
		return 0
	}
	table := timetable.OfTier(timetable.TierOf(s.Tier), zone)
	if cron, err := timetable.ParseCron(s.Cron); err == nil {
		table = timetable.At(cron, zone)
	}
	if s.Every > 0 {
		table = timetable.Every(s.Every)
	}
	return table.Gap(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)) // whatever the day: the same warning for the same file
}
