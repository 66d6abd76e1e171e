package files

import (
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/freshet/freshet/sync/connect"
)

// TestRandomTextSurvives: what a CSV writer wrote comes back, through DuckDB's reader and through the copy alike.
func TestRandomTextSurvives(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	pieces := []string{"a", "é", "😀", "\"", "\"\"", ",", ";", "\n", "\r\n", "\n\n", " ", "'", "\\", "\t", "#", "0", "שלום", "NULL", "\r"}
	const rows = 20_000
	var text strings.Builder
	w := csv.NewWriter(&text)
	want := make([]string, rows)
	_ = w.Write([]string{"id", "a", "b"})
	for i := range rows {
		values := []string{fmt.Sprint(i), "x", "x"}
		for j := 1; j < 3; j++ {
			for range r.IntN(6) {
				values[j] += pieces[r.IntN(len(pieces))]
			}
		}
		_ = w.Write(values)
		want[i] = strings.Join(values, "|")
	}
	w.Flush()
	for name, table := range map[string]map[string]any{
		"direct": {"path": "a.csv"},
		"copy":   {"path": "a.csv", "types": map[string]any{"id": "BIGINT"}},
	} {
		f := newFolder(t, map[string]string{"a.csv": text.String()})
		same(t, name, where(f.load(table)), "")
		n := 0
		err := f.db.Query(t.Context(), "SELECT id, a, b FROM lake.t ORDER BY id::BIGINT", func(row []connect.Cell) error {
			if got := row[0].Text + "|" + row[1].Text + "|" + row[2].Text; got != want[n] {
				return fmt.Errorf("row %d: got %q, want %q", n, got, want[n])
			}
			n++
			return nil
		})
		if err != nil || n != rows {
			t.Errorf("%s, seed %d: %d rows, %v", name, seed, n, err)
		}
	}
}
