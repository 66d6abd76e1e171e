//go:build kafkalab

package lab_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	lab "github.com/freshet/freshet/build/kafkalab"
)

// TestRestarts kills and restarts every program in turn, at random moments of a stream of rows. All rows arrive; some may
// arrive twice.
func TestRestarts(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	l := lab.Shop(t, "create table customers (id integer primary key, email text not null)", nil)
	const rows = 600
	written := 0
	write := func(n int) {
		db := l.DB(t)
		for range n {
			written++
			if _, err := db.Exec(t.Context(), "insert into customers values ($1, $2)", written, fmt.Sprintf("c%d@example.com", written)); err != nil {
				t.Fatal(err)
			}
		}
	}
	faults := []func(testing.TB){l.Connect.Kill, l.Kafka.Kill, l.Connect.Stop, l.Kafka.Stop, l.Postgres.Kill, l.Postgres.Stop}
	back := []*lab.Service{l.Connect, l.Kafka, l.Connect, l.Kafka, l.Postgres, l.Postgres}
	for i, fault := range faults {
		write(rows / len(faults))
		time.Sleep(time.Duration(random.IntN(300)) * time.Millisecond)
		fault(t)
		back[i].Start(t)
	}
	l.WaitCaughtUp(t, "shop")
	seen := map[int]int{}
	for _, r := range l.Read(t, "shop.public.customers") {
		var key struct{ ID int }
		if err := json.Unmarshal(r.Key, &key); err != nil {
			t.Fatal(err)
		}
		seen[key.ID]++
	}
	twice := 0
	for id := range written {
		if seen[id+1] == 0 {
			t.Errorf("row %d never came", id+1)
		}
		twice += max(0, seen[id+1]-1)
	}
	t.Logf("%d rows, %d events that came again", written, twice)
}
