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

// TestRestarts kills every program in turn, and stops Connect, at random moments of a stream of rows. All rows arrive;
// some arrive twice, which is what at least once means.
func TestRestarts(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	l := lab.Shop(t, "create table customers (id integer primary key, email text not null)", nil)
	written := 0
	for _, fault := range []struct {
		name    string
		end     func(testing.TB)
		service *lab.Service
	}{
		{"Connect killed", l.Connect.Kill, l.Connect},
		{"Kafka killed", l.Kafka.Kill, l.Kafka},
		{"PostgreSQL killed", l.Postgres.Kill, l.Postgres},
		{"Connect stopped", l.Connect.Stop, l.Connect},
	} {
		written = insert(t, l, written, 150)
		time.Sleep(time.Duration(random.IntN(1500)) * time.Millisecond)
		fault.end(t)
		fault.service.Start(t)
		written = insert(t, l, written, 50)
		l.WaitCaughtUp(t, "shop")
		again := checkArrived(t, l, written)
		t.Logf("%s: of %d events so far %d came again", fault.name, written+again, again)
	}
}

func insert(t *testing.T, l *lab.Lab, written, n int) int {
	t.Helper()
	db := l.DB(t)
	for id := written + 1; id <= written+n; id++ {
		if _, err := db.Exec(t.Context(), "insert into customers values ($1, $2)", id, fmt.Sprintf("c%d@example.com", id)); err != nil {
			t.Fatal(err)
		}
	}
	return written + n
}

// checkArrived says how many events came more than once.
func checkArrived(t *testing.T, l *lab.Lab, written int) (again int) {
	t.Helper()
	seen := map[int]int{}
	for _, r := range l.Read(t, "shop.public.customers") {
		var key struct{ ID int }
		if err := json.Unmarshal(r.Key, &key); err != nil {
			t.Fatal(err)
		}
		seen[key.ID]++
	}
	for id := 1; id <= written; id++ {
		if seen[id] == 0 {
			t.Fatalf("row %d never came", id)
		}
		again += seen[id] - 1
	}
	return again
}
