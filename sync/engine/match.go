package engine

import (
	"database/sql/driver"
	"fmt"
	"strings"

	"github.com/freshet/freshet/sync/model"
)

// LiveMatches says which of these match texts stand in the model now, and gives the key of a row that has it. Several match columns are joined by the rule of
// model.CompositeKey, in the order of the check's columns. Where the check folds, the texts are folded here, so they
// can be given as a destination once accepted them.
func (w *Walk) LiveMatches(texts []string) (map[string]model.Key, error) {
	if w.match == "" || len(texts) == 0 {
		return map[string]model.Key{}, nil
	}
	w.settle()
	return w.liveMatches(texts, walkTable)
}

// liveMatches looks the texts up in a relation with the keys k and the matches m.
func (w *Walk) liveMatches(texts []string, matches string) (map[string]model.Key, error) {
	live := map[string]model.Key{}
	if err := run(w.ctx, w.conn, "CREATE OR REPLACE TEMP TABLE "+textsTable+" (n BIGINT, t VARCHAR)"); err != nil {
		return nil, translate(w.ctx, err)
	}
	err := fill(w.conn, textsTable, len(texts), func(i int) []driver.Value { return []driver.Value{int64(i), w.trimmed(texts[i])} })
	if err != nil {
		return nil, translate(w.ctx, err)
	}
	text := "t"
	if w.fold {
		text = "lower(t)"
	}
	query := fmt.Sprintf("SELECT n, coalesce(min(k), '') FROM %s JOIN %s ON m = md5_number(%s) GROUP BY n", textsTable, matches, text)
	err = read(w.ctx, w.conn, query, func(row []driver.Value) error {
		live[texts[row[0].(int64)]] = model.Key(row[1].(string))
		return nil
	})
	return live, translate(w.ctx, err)
}

// trimmed is a match text without space around its parts, where the check folds.
func (w *Walk) trimmed(text string) string {
	if !w.fold {
		return text
	}
	parts := model.Key(text).Parts(w.matchParts)
	for i, p := range parts {
		parts[i] = strings.TrimSpace(p)
	}
	return string(model.CompositeKey(parts))
}
