package freshness

import "time"

// forms are the ways in which a source's columns write a moment. One without a zone is taken as UTC.
var forms = []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999Z07:00",
	"2006-01-02 15:04:05.999999999Z07", "2006-01-02 15:04:05.999999999", time.DateOnly}

// Moment reads the time of a commit as a column holds it; false where the text is no moment.
func Moment(text string) (time.Time, bool) {
	for _, form := range forms {
		if at, err := time.Parse(form, text); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}
