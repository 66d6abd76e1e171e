package timetable

import (
	"slices"
	"time"
)

// Tier is how fresh a sync is to be, and so how it ranks among others: a lower number goes first.
type Tier uint8

// The tiers. The zero Tier is that of a sync which says nothing: it runs by hand.
const (
	ByHand Tier = iota
	Realtime
	Minutes
	Hourly
	Daily
)

var tierNames = []string{"", "realtime", "minutes", "hourly", "daily"}

func (t Tier) String() string { return tierNames[t] }

// TierOf reads the name of a tier; ByHand where it is none.
func TierOf(name string) Tier { return Tier(max(0, slices.Index(tierNames, name))) }

// What the tiers mean where no schedule says it.
const (
	minutesEvery = 5 * time.Minute
	hourlyEvery  = time.Hour
	dailyAt      = "0 6 * * *"
)

// OfTier is the timetable of a tier. That of realtime is for syncs that cannot be live.
func OfTier(t Tier, zone *time.Location) Timetable {
	switch t {
	case Realtime, Minutes:
		return Every(minutesEvery)
	case Hourly:
		return Every(hourlyEvery)
	case Daily:
		daily, _ := ParseCron(dailyAt)
		at := At(daily, zone)
		at.slack = longestDelay
		return at
	default:
		return Timetable{}
	}
}

// Rank is the tier that a timetable of a person's own belongs to, by the shortest time between two of its runs.
func (t Timetable) Rank() Tier {
	once := func(hour, day bool) Tier {
		switch {
		case day:
			return Daily
		case hour:
			return Hourly
		default:
			return Minutes
		}
	}
	if t.cron.set() {
		return once(t.cron.oneA())
	}
	if t.every == 0 {
		return ByHand
	}
	return once(t.every >= time.Hour, t.every >= 24*time.Hour)
}
