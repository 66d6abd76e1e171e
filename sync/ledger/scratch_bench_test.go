package ledger

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/freshet/freshet/sync/model"
)

func benchSettlements(n int) []Settlement {
	payload := []byte(`{"email":"someone.with.a.name@example.com","firstname":"Somebody","lastname":"Of Somewhere","plan":"professional","ltv":1234.56,"city":"Göteborg","country":"SE","updated_at":"2026-01-01T00:00:00Z","note":"a longer text that makes the payload about three hundred bytes long, as they tend to be in real life"}`)
	list := make([]Settlement, n)
	at := time.Now()
	for i := range list {
		list[i] = Settlement{Key: model.Key(fmt.Sprintf("%09d", i)), State: model.Synced, Shape: 1, RowHash: uint64(i) * 0x9e3779b97f4a7c15,
			Accepted: true, Payload: payload, PayloadHash: uint64(i) * 0x9e3779b97f4a7c15, Match: model.Fields{{Name: "email", Value: model.Text("someone@example.com")}},
			RemoteID: fmt.Sprintf("%012d", i), Origin: model.Made, Run: "run_1", At: at}
	}
	return list
}

func TestScratchSpeed(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	l, err := Open(ctx, dir, "test")
	if err != nil {
		t.Fatal(err)
	}
	s, err := l.EnsureSync(ctx, "a")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.StartRun(ctx, Run{ID: "run_1", Ref: s.Ref}, 0, ""); err != nil {
		t.Fatal(err)
	}
	list := benchSettlements(400000)
	for round := range 2 {
		for _, size := range []int{100, 500} {
			part := list[:200000]
			if size == 500 {
				part = list[200000:]
			}
			start := time.Now()
			for i := 0; i < len(part); i += size {
				id := model.CallID(fmt.Sprintf("call_%d_%d_%d", round, size, i))
				if err := l.Intend(ctx, Call{ID: id, Run: "run_1", Rows: []Range{{0, 100}}}); err != nil {
					t.Fatal(err)
				}
				if err := l.Settle(ctx, s.Ref, Call{ID: id}, part[i:i+size]); err != nil {
					t.Fatal(err)
				}
			}
			t.Logf("round %d, %d a call: %.0f rows/s", round, size, float64(len(part))/time.Since(start).Seconds())
		}
	}
	for range 3 {
		start := time.Now()
		c, err := l.Priors(ctx, s.Ref)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for {
			b, err := c.Next()
			if err != nil {
				t.Fatal(err)
			}
			if len(b) == 0 {
				break
			}
			n += len(b)
		}
		c.Close()
		t.Logf("priors %d: %.0f rows/s", n, float64(n)/time.Since(start).Seconds())
	}
	keys := make([]model.Key, 100000)
	for i := range keys {
		keys[i] = list[i*3].Key
	}
	start := time.Now()
	m, err := l.Details(ctx, s.Ref, keys)
	if err != nil || len(m) != len(keys) {
		t.Fatal(err, len(m))
	}
	t.Logf("details: %.0f rows/s", float64(len(m))/time.Since(start).Seconds())
	start = time.Now()
	if err := inspect(l.writer.conn, "", false); err != nil {
		t.Fatal(err)
	}
	t.Logf("quick_check of 400k: %v", time.Since(start))
	c, _ := l.Counts(ctx, s.Ref)
	t.Log(c)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}
