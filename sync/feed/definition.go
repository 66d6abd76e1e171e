package feed

import (
	"cmp"
	"encoding/json"

	"github.com/freshet/freshet/sync/engine"
	"github.com/freshet/freshet/sync/model"
	"github.com/freshet/freshet/sync/window"
)

// watched is how many events back a threshold looks.
const watched = 1000

// tripped says whether so many events set aside among the last ones are too many.
func tripped(t model.Threshold, aside, of int) bool {
	share, least := cmp.Or(t.Percent, 20), cmp.Or(t.Least, 50)
	return int64(aside) >= least && float64(aside)*100 >= share*float64(of)
}

// recipe is what the rows of a feed are made by.
type recipe struct {
	Format  string            `json:"format"`
	Key     []string          `json:"key"`
	Columns map[string]string `json:"columns,omitempty"`
	SQL     string            `json:"sql,omitempty"`
}

// fingerprint is the recipe as the ledger keeps it: another one means that rows already kept may be others now.
func fingerprint(d model.Feed) string {
	text, _ := json.Marshal(recipe{d.Format, d.Key, d.Columns, d.SQL})
	return string(text)
}

// Under is the feed as it was under an earlier recipe.
func Under(d model.Feed, kept string) (model.Feed, error) {
	var r recipe
	if err := json.Unmarshal([]byte(kept), &r); err != nil {
		return d, err
	}
	d.Format, d.Key, d.Columns, d.SQL = r.Format, r.Key, r.Columns, r.SQL
	return d, nil
}

// Decoder turns one event into changes. Its error says that the event cannot be read now and must be asked for again.
type Decoder interface {
	Read(e *model.Event) (window.Reading, error)
}

// Check judges a row, or, where partial, what a patch carries of one; nil where nothing is wrong with it. Its words hold no
// values.
type Check func(row model.Fields, partial bool) *window.Problem

// table is the feed's table as the columns met so far make it.
func tableOf(d model.Feed, columns []engine.FeedColumn) engine.FeedTable {
	return engine.FeedTable{Name: d.Name, Columns: columns, SQL: d.SQL}
}
