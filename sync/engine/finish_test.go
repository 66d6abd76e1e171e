package engine

import (
	"database/sql/driver"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestShortest: a float's text reads back to it, and is the one text of its value, whatever DuckDB writes.
func TestShortest(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	values := []float64{0, math.Copysign(0, -1), 1, -1, 100, 0.1, 1e15, 1e16, 1e20, 1e21, 1e22, 1e-6, 1e-7, 123456.789, 5e-324, math.MaxFloat64, 1 << 53}
	for range 20_000 {
		values = append(values, math.Float64frombits(random.Uint64()), random.Float64(), float64(random.IntN(1e9))/100)
	}
	e := opened(t)
	conn, err := e.db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := run(t.Context(), conn, "CREATE TEMP TABLE f (f DOUBLE)"); err != nil {
		t.Fatal(err)
	}
	if err := fill(conn, "f", len(values), func(i int) []driver.Value { return []driver.Value{values[i]} }); err != nil {
		t.Fatal(err)
	}
	i := -1
	err = read(t.Context(), conn, "SELECT CAST(f AS VARCHAR) FROM f", func(row []driver.Value) error {
		i++
		got, ok := shortest64(row[0].(string))
		if want := shortestWant(values[i]); got != want || ok != (want != "") {
			return fmt.Errorf("%v, written %s by DuckDB: got %s, want %s", values[i], row[0], got, want)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// shortestWant is the text by the standard library alone: as encoding/json writes floats, but for its e-09.
func shortestWant(f float64) string {
	switch abs := math.Abs(f); {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return ""
	case f == 0:
		return "0"
	case abs < 1e-6 || abs >= 1e21:
		return strconv.FormatFloat(f, 'e', -1, 64)
	}
	return strings.TrimSuffix(strconv.FormatFloat(f, 'f', -1, 64), ".0")
}
