package mapping

import (
	"strings"
	"time"

	"github.com/freshet/freshet/sync/model"
)

// toDate takes dates, texts in the form 2006-01-02, and timestamps that are a midnight. A time of day is never dropped:
// a person casts it away in the model's SQL, where everybody sees it.
func toDate(v model.Value) (model.Value, *Problem) {
	day, rest := v.Text, ""
	if v.Kind == model.Timestamp || v.Kind == model.Instant {
		day, rest, _ = strings.Cut(v.Text, "T")
	}
	if strings.Trim(rest, ":0.Z") != "" {
		return v, &Problem{Code: "mapping.not_a_date", Message: "the " + v.Kind.String() + " has a time of day, which a date would lose"}
	}
	if v.Kind == model.String {
		if t, err := time.Parse(time.DateOnly, day); err != nil || t.Format(time.DateOnly) != day {
			return v, &Problem{Code: "mapping.not_a_date", Message: "the text is not a date in the form 2006-01-02"}
		}
	}
	return model.Value{Kind: model.Date, Text: day}, nil
}

// zoned and unzoned are the forms of a timestamp in a text.
var (
	zoned   = []string{time.RFC3339Nano, "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 Z07:00", "2006-01-02 15:04:05Z07"}
	unzoned = []string{"2006-01-02T15:04:05", "2006-01-02 15:04:05", time.DateOnly}
)

// toTimestamp takes timestamps with and without a zone as they are, a date as its midnight, and texts in ISO 8601. Which
// of the two kinds a text is depends on whether it names a zone; none is ever assumed.
func toTimestamp(v model.Value) (model.Value, *Problem) {
	switch v.Kind {
	case model.Timestamp, model.Instant:
		return v, nil
	case model.Date:
		return model.Value{Kind: model.Timestamp, Text: v.Text + "T00:00:00"}, nil
	}
	for _, layout := range zoned {
		if t, err := time.Parse(layout, v.Text); err == nil {
			return model.Value{Kind: model.Instant, Text: t.UTC().Format("2006-01-02T15:04:05.999999999Z07:00")}, nil
		}
	}
	for _, layout := range unzoned {
		if t, err := time.Parse(layout, v.Text); err == nil {
			return model.Value{Kind: model.Timestamp, Text: t.Format("2006-01-02T15:04:05.999999999")}, nil
		}
	}
	return v, &Problem{Code: "mapping.not_a_timestamp", Message: "the text is not a timestamp in the form 2006-01-02T15:04:05Z"}
}
