package control

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// TestTurnsAreTakenInOrder: a sync is never anybody's twice, who comes first has it first, whoever has it hears that it is wanted, and
// whoever gives up waiting is passed over.
func TestTurnsAreTakenInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var all turns
		ctx := t.Context()
		first, err := all.take(ctx, "a")
		if err != nil {
			t.Fatal(err)
		}
		if other, err := all.take(ctx, "b"); err != nil {
			t.Fatal("another sync was not free")
		} else {
			other.give()
		}
		ours, done := first.unwanted(ctx)
		defer done()
		impatient, giveUp := context.WithCancel(ctx)
		var order []string
		had := false
		wait := func(ctx context.Context, name string) {
			go func() {
				turn, err := all.take(ctx, "a")
				if err != nil {
					return
				}
				if had {
					t.Error("two have the sync")
				}
				had = true
				order = append(order, name)
				time.Sleep(time.Second)
				had = false
				turn.give()
				turn.give()
			}()
			synctest.Wait()
		}
		if ours.Err() != nil {
			t.Error("it is wanted before anybody came")
		}
		wait(ctx, "second")
		wait(impatient, "impatient")
		wait(ctx, "third")
		if ours.Err() == nil {
			t.Error("nobody told that it is wanted")
		}
		giveUp()
		synctest.Wait()
		first.give()
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if len(order) != 2 || order[0] != "second" || order[1] != "third" {
			t.Errorf("the order was %v", order)
		}
	})
}
