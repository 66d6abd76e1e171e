package contract

import (
	"strings"
	"time"
)

// Promise is what a contract promises about the data as a whole; a zero value is not promised.
type Promise struct {
	Latency      time.Duration // slaProperties latency or freshness: from the event to the row; the shortest that is named
	Frequency    time.Duration // between two updates
	Retention    time.Duration
	Availability string // as it is written
}

// Months and years have no fixed length; a promise needs one.
const (
	day   = 24 * time.Hour
	month = 30 * day
	year  = 365 * day
)

// unitOf reads a unit of time. A plain "m" could be a minute or a month, and is neither.
func unitOf(text string) (time.Duration, bool) {
	units := map[string]time.Duration{"ms": time.Millisecond, "s": time.Second, "sec": time.Second, "second": time.Second,
		"min": time.Minute, "minute": time.Minute, "h": time.Hour, "hr": time.Hour, "hour": time.Hour, "d": day, "day": day,
		"w": 7 * day, "wk": 7 * day, "week": 7 * day, "mo": month, "month": month, "y": year, "yr": year, "year": year}
	text = strings.ToLower(strings.TrimSpace(text))
	unit, ok := units[text]
	if !ok {
		unit, ok = units[strings.TrimSuffix(text, "s")]
	}
	return unit, ok
}

// propertyOf gives the full name of a service level property, whose case means nothing.
func propertyOf(text string) string {
	switch name := strings.ToLower(text); name {
	case "ly", "latency", "freshness":
		return "latency"
	case "fy", "frequency":
		return "frequency"
	case "re", "retention":
		return "retention"
	case "av", "availability":
		return "availability"
	default:
		return name
	}
}

func (c *compiler) promises() {
	for i := range c.contract.SLA {
		s := &c.contract.SLA[i]
		if !c.concerns(s.Element) {
			continue
		}
		to := map[string]*time.Duration{"latency": &c.out.Promise.Latency, "frequency": &c.out.Promise.Frequency,
			"retention": &c.out.Promise.Retention}[propertyOf(s.Property)]
		if propertyOf(s.Property) == "availability" {
			c.out.Promise.Availability = s.Value.Scalar()
		}
		if to == nil {
			continue
		}
		if d, ok := c.span(s); ok && (*to == 0 || d < *to) {
			*to = d
		}
	}
}

// concerns says whether a service level is about this object: it names none, or this one, or there is no other.
func (c *compiler) concerns(elements string) bool {
	if strings.TrimSpace(elements) == "" || len(c.contract.Schema) < 2 {
		return true
	}
	for _, e := range strings.Split(elements, ",") {
		object, _, _ := strings.Cut(strings.TrimSpace(e), ".")
		if object == c.object.Name || c.object.PhysicalName != "" && object == c.object.PhysicalName {
			return true
		}
	}
	return false
}

// span reads a length of time: a value with its unit, or a duration in the text itself.
func (c *compiler) span(s *SLA) (time.Duration, bool) {
	if d, err := time.ParseDuration(s.Value.Scalar()); err == nil && s.Unit == "" && d > 0 {
		return d, true
	}
	unit, known := unitOf(s.Unit)
	n, ok := numberOf(s.Value.Scalar())
	most := float64(1<<62) / float64(max(unit, 1))
	if !known || !ok || n.near <= 0 || n.near > most {
		c.warn(s.Pos, "bad_span", "slaProperties "+s.Property+" is not a length of time that can be read, and is left alone",
			"write value: 4 and unit: h; a unit is s, min, h, d, week, month or year")
		return 0, false
	}
	return time.Duration(n.near * float64(unit)), true
}
