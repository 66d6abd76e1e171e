package demo

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// table is a table of the shop: its columns with their types.
type table struct {
	name    string
	columns []string
}

var tables = []table{
	{"customers", []string{"customer_id BIGINT", "email VARCHAR", "first_name VARCHAR", "last_name VARCHAR", "phone VARCHAR", "city VARCHAR",
		"plan VARCHAR", "ltv DECIMAL(10,2)", "created_at TIMESTAMP", "updated_at TIMESTAMP"}},
	{"orders", []string{"order_id BIGINT", "customer_id BIGINT", "status VARCHAR", "total DECIMAL(10,2)", "ordered_at TIMESTAMP"}},
	{"consents", []string{"customer_id BIGINT", "purpose VARCHAR", "granted BOOLEAN", "recorded_at TIMESTAMP"}},
}

// firstLargeID is 2^53+1, the first whole number that a float64 cannot hold: JSON readers that use floats change it.
const firstLargeID = 1<<53 + 1

// epoch is the shop's first day; all times count from it.
var epoch = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)

// sheet writes one CSV file. A bare empty value is NULL; texts are always quoted.
type sheet struct {
	f *os.File
	w *bufio.Writer
}

func newSheet(dir, name string) (*sheet, error) {
	f, err := os.Create(filepath.Join(dir, name+".csv"))
	if err != nil {
		return nil, err
	}
	return &sheet{f, bufio.NewWriter(f)}, nil
}

func (s *sheet) row(values ...string) { _, _ = s.w.WriteString(strings.Join(values, ",") + "\n") }

func (s *sheet) close() error { return errors.Join(s.w.Flush(), s.f.Close()) }

func quoted(text string) string {
	if text == "" {
		return ""
	}
	return `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
}

// money writes cents as a decimal with two places.
func money(cents int) string { return fmt.Sprintf("%d.%02d", cents/100, cents%100) }

func moment(minutes int) string {
	return epoch.Add(time.Duration(minutes) * time.Minute).Format("2006-01-02 15:04:05")
}

// writeTables makes up the whole shop as CSV files in dir.
func writeTables(dir string, seed uint64, customers int) error {
	var sheets []*sheet
	for _, t := range tables {
		s, err := newSheet(dir, t.name)
		if err != nil {
			return err
		}
		sheets = append(sheets, s)
	}
	r := rand.New(rand.NewPCG(seed, 0x66726573686574))
	orders := 0
	for n := range customers {
		id := strconv.Itoa(n + 1)
		if n%4 == 3 {
			id = strconv.Itoa(firstLargeID + 2*n)
		}
		joined := r.IntN(300 * 24 * 60)
		spent := writeOrders(r, sheets[1], id, joined, &orders)
		writeCustomer(r, sheets[0], id, n, joined, spent)
		writeConsents(r, sheets[2], id, joined)
	}
	return errors.Join(sheets[0].close(), sheets[1].close(), sheets[2].close())
}

func writeCustomer(r *rand.Rand, s *sheet, id string, n, joined, spent int) {
	first, last := firstNames[r.IntN(len(firstNames))], lastNames[r.IntN(len(lastNames))]
	plan := []string{"free", "free", "free", "pro", "team"}[r.IntN(5)]
	s.row(id, quoted(email(r, first, last, n+1)), quoted(first.written), quoted(last.written), quoted(phone(r)),
		quoted(cities[r.IntN(len(cities))]), quoted(plan), money(spent), moment(joined), moment(joined+r.IntN(60*24*60)))
}

// writeOrders gives a customer none to six orders and says what they come to, in cents.
func writeOrders(r *rand.Rand, s *sheet, id string, joined int, orders *int) (spent int) {
	for range r.IntN(7) {
		*orders++
		cents := 1 + r.IntN(50_000)
		status := []string{"paid", "paid", "paid", "shipped", "returned"}[r.IntN(5)]
		if status != "returned" {
			spent += cents
		}
		s.row(strconv.Itoa(*orders), id, quoted(status), money(cents), moment(joined+r.IntN(60*24*60)))
	}
	return spent
}

// writeConsents records what a customer allowed. For some nothing is recorded, which means no.
func writeConsents(r *rand.Rand, s *sheet, id string, joined int) {
	for _, purpose := range []string{"crm", "advertising"} {
		if r.IntN(10) > 0 {
			s.row(id, quoted(purpose), strconv.FormatBool(r.IntN(5) > 0), moment(joined))
		}
	}
}
