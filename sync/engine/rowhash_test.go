package engine

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/freshet/freshet/sync/model"
)

// someValues are values of every kind of type, the odd ones among them.
var someValues = []string{
	"chr(30) ; chr(31) ; '' ; 'a' || chr(31) || 'b' ; 'NULL' ; '-1' ; CAST(NULL AS VARCHAR) ; 'ü' || chr(30) ; chr(0) || 'x'",
	"1 ; -1 ; CAST(NULL AS BIGINT) ; 9223372036854775807",
	"CAST(1.50 AS DECIMAL(9,2)) ; CAST(NULL AS DECIMAL(9,2))",
	"CAST(0.25 AS DECIMAL(2,2)) ; CAST(NULL AS DECIMAL(2,2))",
	"CAST('-0' AS DOUBLE) ; CAST('nan' AS DOUBLE) ; CAST(1e22 AS DOUBLE) ; CAST(NULL AS DOUBLE)",
	"CAST('' AS BLOB) ; CAST('\\x1E' AS BLOB) ; CAST('\\x1F' AS BLOB) ; CAST(NULL AS BLOB)",
	"TIMESTAMP '2024-01-01 10:00:00' ; TIMESTAMP 'infinity' ; CAST(NULL AS TIMESTAMP)",
	"TIMESTAMPTZ '2024-01-01 10:00:00+02' ; CAST(NULL AS TIMESTAMPTZ)",
	"DATE '2024-02-29' ; DATE '-infinity' ; DATE '0044-03-15 (BC)' ; CAST(NULL AS DATE)",
	"TIMETZ '12:00:00+01' ; CAST(NULL AS TIMETZ)",
	"INTERVAL '1 month' ; INTERVAL '30 days' ; CAST(NULL AS INTERVAL)",
	"CAST('{\"a\":1.0}' AS JSON) ; CAST('null' AS JSON) ; CAST(NULL AS JSON)",
	"[1, NULL] ; CAST([] AS INTEGER[]) ; CAST(NULL AS INTEGER[])",
	"{'a': 'x' || chr(31), 'b': 1} ; {'a': NULL, 'b': 2} ; CAST(NULL AS STRUCT(a VARCHAR, b INTEGER))",
	"CAST('a' AS ENUM('a', 'b')) ; CAST(NULL AS ENUM('a', 'b'))",
	"true ; false ; CAST(NULL AS BOOLEAN)",
	"CAST('5d8c8e2e-6b1c-4c39-9b0e-4a8f3a1b2c3d' AS UUID) ; CAST(NULL AS UUID)",
}

// TestHashInGoIsHashInSQL: a row has one hash, whether it is looked at with all others or by its key.
func TestHashInGoIsHashInSQL(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	e := opened(t)
	for range 40 {
		var columns []string
		values := make([][]string, len(someValues))
		for i, v := range someValues {
			values[i] = strings.Split(v, " ; ")
			columns = append(columns, fmt.Sprintf("c%d", i))
		}
		random.Shuffle(len(values), func(i, j int) { values[i], values[j] = values[j], values[i] })
		kept := 1 + random.IntN(len(values))
		var rows []string
		for id := range 12 {
			row := fmt.Sprint("SELECT ", id, " AS id")
			for i := range kept {
				row += ", " + values[i][random.IntN(len(values[i]))] + " AS " + columns[i]
			}
			rows = append(rows, row)
		}
		m := people(strings.Join(rows, " UNION ALL "), "id")
		sameHashes(t, e, m)
	}
}

func sameHashes(t *testing.T, e *Engine, m model.Model) {
	t.Helper()
	whole, columns := walked(t, e, m, MatchCheck{})
	defer whole.Close()
	want, err := whole.Next()
	if err != nil {
		t.Fatal(err)
	}
	var keys []model.Key
	for _, entry := range want {
		keys = append(keys, entry.Key)
	}
	s := &Scope{Model: m, columns: columns, key: keyColumns(m, columns), sql: m.SQL}
	some, err := e.WalkKeys(t.Context(), s, columns, MatchCheck{}, keys, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	defer some.Close()
	got, err := some.Next()
	if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("%s\nby key %v, with all others %v (%v)", m.SQL, got, want, err)
	}
}
