package supervise

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/freshet/freshet/sync/model"
)

func at(n int) time.Time { return time.Unix(int64(n), 0) }

// TestAKeyWaitsOnce: a key that is marked again keeps its place and its earliest time, and only news is told as news.
func TestAKeyWaitsOnce(t *testing.T) {
	var w waitingKeys
	for i, m := range []struct {
		key  model.Key
		at   time.Time
		news bool
	}{{"a", at(5), true}, {"b", time.Time{}, true}, {"a", at(7), false}, {"a", at(3), true}, {"b", at(9), true}, {"b", time.Time{}, false}} {
		if news := w.mark(m.key, m.at); news != m.news {
			t.Errorf("mark %d of %s: news is %v", i, m.key, news)
		}
	}
	if w.all() != 2 || w.left() != 2 {
		t.Fatalf("%d wait, %d are left", w.all(), w.left())
	}
	if keys := w.take(5); !slices.Equal(keys, []model.Key{"a", "b"}) {
		t.Fatalf("taken: %v", keys)
	}
	for key, want := range map[model.Key]time.Time{"a": at(3), "b": at(9)} {
		if since, done := w.end(key); !done || !since.Equal(want) {
			t.Errorf("%s has waited since %v, done is %v", key, since, done)
		}
	}
	if w.all() != 0 || w.left() != 0 {
		t.Errorf("%d wait, %d are left", w.all(), w.left())
	}
}

// TestAKeyThatChangesUnderWay: it is in no second plan meanwhile, is not done when the first ends, and waits since its change.
func TestAKeyThatChangesUnderWay(t *testing.T) {
	var w waitingKeys
	w.mark("a", at(1))
	w.take(1)
	if w.mark("a", at(2)) || w.left() != 0 {
		t.Fatal("a key under way is marked as news, or waits beside its plan")
	}
	w.mark("a", at(4))
	if since, done := w.end("a"); done || !since.Equal(at(1)) {
		t.Fatalf("since %v, done %v", since, done)
	}
	if keys := w.take(9); len(keys) != 1 || keys[0] != "a" {
		t.Fatalf("taken: %v", keys)
	}
	if since, done := w.end("a"); !done || !since.Equal(at(2)) {
		t.Errorf("the second time it has waited since %v, done %v", since, done)
	}
}

// TestKeysGivenBackGoFirst: what a plan could not do is done before what came later, and keeps its earliest time.
func TestKeysGivenBackGoFirst(t *testing.T) {
	var w waitingKeys
	for i := range 4 {
		w.mark(model.Key(fmt.Sprint(i)), at(i+1))
	}
	keys := w.take(2)
	w.mark("1", at(50))
	w.giveBack(keys)
	if w.all() != 4 || w.left() != 4 {
		t.Fatalf("%d wait, %d are left", w.all(), w.left())
	}
	if first, then := w.take(3), w.take(3); !slices.Equal(first, []model.Key{"0", "1"}) || !slices.Equal(then, []model.Key{"2", "3"}) {
		t.Fatalf("taken: %v, then %v", first, then)
	}
	if since, done := w.end("1"); !done || !since.Equal(at(2)) {
		t.Errorf("since %v, done %v", since, done)
	}
}

// TestNoKeyIsForgotten: whatever is marked, taken, given back and ended in whatever order, every key that changed after its last
// evaluation waits or is under way, none is under way twice, and in the end nothing is left.
func TestNoKeyIsForgotten(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	var w waitingKeys
	var aloft [][]model.Key
	changed, looked, clock := map[model.Key]int{}, map[model.Key]int{}, 0
	end := func(keys []model.Key) {
		for _, key := range keys {
			w.end(key)
		}
	}
	take := func() {
		keys := w.take(1 + random.IntN(5))
		clock++
		for _, key := range keys {
			if slices.ContainsFunc(aloft, func(other []model.Key) bool { return slices.Contains(other, key) }) {
				t.Fatalf("%s is in two plans", key)
			}
			looked[key] = clock
		}
		aloft = append(aloft, keys)
	}
	for range 20_000 {
		switch n := random.IntN(4); {
		case n < 2:
			clock++
			key := model.Key(fmt.Sprint(random.IntN(30)))
			w.mark(key, at(clock))
			changed[key] = clock
		case n == 2 || len(aloft) == 0:
			take()
		default:
			i := random.IntN(len(aloft))
			keys := aloft[i]
			if aloft = slices.Delete(aloft, i, i+1); random.IntN(3) == 0 {
				w.giveBack(keys)
				continue
			}
			end(keys)
		}
	}
	for len(aloft) > 0 || w.left() > 0 {
		for _, keys := range aloft {
			end(keys)
		}
		aloft = nil
		if w.left() > 0 {
			take()
		}
	}
	for key, at := range changed {
		if looked[key] < at {
			t.Errorf("%s changed at %d and was looked at last at %d", key, at, looked[key])
		}
	}
	if w.all() != 0 || len(w.aloft) != 0 || len(w.again) != 0 {
		t.Errorf("%d wait, %d are under way, %d again", w.all(), len(w.aloft), len(w.again))
	}
}

// TestAPlanTakesWhatFits: large rows make plans smaller at once, and small ones make them larger little by little.
func TestAPlanTakesWhatFits(t *testing.T) {
	var w weight
	if w.keys() != unweighed {
		t.Errorf("the first plan takes %d keys", w.keys())
	}
	w.note(100*250, 250)
	if w.keys() != keysATurn {
		t.Errorf("of 100 bytes each a plan takes %d keys", w.keys())
	}
	w.note(4<<20, 4)
	if got := w.keys(); got != 8 {
		t.Errorf("of 1 MiB each a plan takes %d keys", got)
	}
	w.note(100, 1)
	if got := w.keys(); got < 9 || got > 16 {
		t.Errorf("after one small row a plan takes %d keys", got)
	}
	w.note(64<<20, 1)
	if got := w.keys(); got != 4 {
		t.Errorf("of 64 MiB each a plan takes %d keys", got)
	}
	w.note(0, 0) // a plan of nothing says nothing that breaks
	if got := w.keys(); got < 4 || got > keysATurn {
		t.Errorf("a plan takes %d keys", got)
	}
}
