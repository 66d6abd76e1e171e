package engine

import (
	"testing"
)

func TestSmoke(t *testing.T) {
	e := opened(t, "create table c (id bigint, name varchar, ltv decimal(10,2), seen timestamptz)", "insert into c values (1, 'O''Neil 😀', 1.10, '2024-01-01 00:00:00+02'), (10, null, 5, null), (2, 'x', null, null)")
	m := people("select * from c", "id")
	m.UpdatedAt = "seen"
	w, cols := walked(t, e, m, MatchCheck{Columns: []string{"name"}, Fold: true})
	t.Log(cols, w.Rows(), w.Digest())
	es := all(t, w)
	t.Log(es)
	for _, r := range fetchAll(t, w, es) {
		t.Logf("%+v", r)
	}
	t.Log(e.DigestOnly(t.Context(), m, cols))
	t.Log(w.LiveMatches([]string{"x", "y"}))
}
