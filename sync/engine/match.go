package engine

import (
	"database/sql/driver"
	"fmt"
)

// LiveMatches says which of these match texts stand in the model now. Several match columns are joined by the rule of
// model.CompositeKey; where the check folds, the texts are given folded: lower case, no space around each part.
func (w *Walk) LiveMatches(texts []string) (map[string]bool, error) {
	live := map[string]bool{}
	if w.match == "" || len(texts) == 0 {
		return live, nil
	}
	w.settle()
	if err := run(w.ctx, w.conn, "CREATE OR REPLACE TEMP TABLE "+textsTable+" (t VARCHAR)"); err != nil {
		return nil, translate(w.ctx, err)
	}
	if err := fill(w.conn, textsTable, len(texts), func(i int) []driver.Value { return []driver.Value{texts[i]} }); err != nil {
		return nil, translate(w.ctx, err)
	}
	text := "t"
	if w.fold {
		text = "lower(t)"
	}
	query := fmt.Sprintf("SELECT DISTINCT t FROM %s JOIN %s ON m = md5_number(%s)", textsTable, walkTable, text)
	err := read(w.ctx, w.conn, query, func(row []driver.Value) error {
		live[row[0].(string)] = true
		return nil
	})
	return live, translate(w.ctx, err)
}
