package demo

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/fault"
)

func ask(t *testing.T, path, query string) string {
	t.Helper()
	var lines []string
	if err := within(t.Context(), path, func(db connect.SQL) error {
		return db.Query(t.Context(), query, func(row []connect.Cell) error {
			var cells []string
			for _, c := range row {
				cells = append(cells, c.Text)
			}
			lines = append(lines, strings.Join(cells, "|"))
			return nil
		})
	}); err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

const digest = `SELECT (SELECT md5(string_agg(c::VARCHAR, chr(10) ORDER BY customer_id)) FROM shop.customers c),
	(SELECT md5(string_agg(o::VARCHAR, chr(10) ORDER BY order_id)) FROM shop.orders o),
	(SELECT md5(string_agg(s::VARCHAR, chr(10) ORDER BY customer_id, purpose)) FROM shop.consents s)`

func made(t *testing.T, seed uint64) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "warehouse.duckdb")
	began := time.Now()
	if err := Make(context.Background(), path, seed); err != nil {
		t.Fatal(err)
	}
	t.Logf("made in %s", time.Since(began).Round(time.Millisecond))
	return path
}

func TestShop(t *testing.T) {
	path := made(t, 7)
	for query, want := range map[string]string{
		"SELECT count(*), count(DISTINCT customer_id), count(DISTINCT lower(email)), count(email) FROM shop.customers":                                                  "20000|20000|20000|20000",
		"SELECT count(*) BETWEEN 55000 AND 65000, count(DISTINCT order_id) = count(*) FROM shop.orders":                                                                 "true|true",
		"SELECT count(*) FROM shop.orders WHERE customer_id NOT IN (SELECT customer_id FROM shop.customers)":                                                            "0",
		"SELECT count(*) FROM shop.consents WHERE customer_id NOT IN (SELECT customer_id FROM shop.customers)":                                                          "0",
		"SELECT count(*) FROM shop.customers WHERE customer_id > 9007199254740992 AND customer_id % 2 = 1":                                                              "5000",
		"SELECT bool_and(n > 100) FROM (SELECT count(*) n FROM shop.customers GROUP BY first_name)":                                                                     "true",
		"SELECT count(DISTINCT first_name), count(DISTINCT nfc_normalize(first_name)) FROM shop.customers":                                                              "30|27",
		"SELECT count(*) > 100 FROM shop.customers WHERE last_name = 'O''Brien' AND phone LIKE '00%' OR email LIKE '%+%'":                                               "true",
		"SELECT count(*) FROM shop.customers WHERE phone IS NULL OR phone = ''":                                                                                         ask(t, path, "SELECT count(*) - count(phone) FROM shop.customers"),
		`SELECT bool_and(ltv = coalesce((SELECT sum(total) FROM shop.orders o WHERE o.customer_id = c.customer_id AND status <> 'returned'), 0)) FROM shop.customers c`: "true",
		"SELECT count(DISTINCT purpose), bool_or(granted), bool_and(granted) FROM shop.consents":                                                                        "2|true|false",
	} {
		if got := ask(t, path, query); got != want {
			t.Errorf("%s: got %s, want %s", query, got, want)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*")); len(left) != 1 {
		t.Errorf("more than the shop is left in its folder: %v", left)
	}
}

func TestTheSeedDecides(t *testing.T) {
	one, again, other := ask(t, made(t, 7), digest), ask(t, made(t, 7), digest), ask(t, made(t, 8), digest)
	if one != again {
		t.Error("the same seed made another shop")
	}
	if one == other {
		t.Error("another seed made the same shop")
	}
}

func TestChange(t *testing.T) {
	path := made(t, 7)
	before := ask(t, path, "SELECT customer_id, plan, ltv FROM shop.customers ORDER BY 1")
	done, err := Change(t.Context(), path, 0.01, 25, 1)
	if err != nil {
		t.Fatal(err)
	}
	if want := (Changed{Updated: 200, Deleted: 25}); done != want {
		t.Errorf("got %+v, want %+v", done, want)
	}
	after := map[string]bool{}
	for _, line := range strings.Split(ask(t, path, "SELECT customer_id, plan, ltv FROM shop.customers ORDER BY 1"), "\n") {
		after[line] = true
	}
	kept := 0
	for _, line := range strings.Split(before, "\n") {
		if after[line] {
			kept++
		}
	}
	if len(after) != 19_975 || kept != 20_000-225 {
		t.Errorf("%d customers are left, %d as they were", len(after), kept)
	}
	if orphans := ask(t, path, "SELECT count(*) FROM shop.orders WHERE customer_id NOT IN (SELECT customer_id FROM shop.customers)"); orphans != "0" {
		t.Errorf("%s orders have no customer", orphans)
	}
}

func TestMakeKeepsWhatIsThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "warehouse.duckdb")
	if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Make(t.Context(), path, 1); !fault.Is(err, "demo.exists") {
		t.Errorf("got %v, want demo.exists", err)
	}
	if text, _ := os.ReadFile(path); string(text) != "mine" {
		t.Error("the file was touched")
	}
}

func TestUnwritableFolder(t *testing.T) {
	err := Make(t.Context(), filepath.Join(t.TempDir(), "missing", "warehouse.duckdb"), 1)
	if !fault.Is(err, "demo.write") || fault.As(err).Suggestion == "" {
		t.Errorf("got %v, want demo.write with a suggestion", err)
	}
	missing := filepath.Join(t.TempDir(), "w.duckdb")
	if _, err := Change(t.Context(), missing, 0.1, 1, 1); !fault.Is(err, "demo.write") {
		t.Errorf("got %v, want demo.write", err)
	}
	if _, err := os.Stat(missing); err == nil {
		t.Error("a change of nothing made a file")
	}
}
