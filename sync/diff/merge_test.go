package diff

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
	"pgregory.net/rapid"
)

const shape = 7

// batches hands a list out in pieces of the given size, always in the same slice, as a real cursor may.
func batches[T any](list []T, size int) func() ([]T, error) {
	room := make([]T, size)
	return func() ([]T, error) {
		n := copy(room, list)
		list = list[n:]
		return room[:n], nil
	}
}

func merge(t interface{ Fatal(...any) }, scope model.Scope, rows []model.Entry, priors []model.Prior, size int) []Delta {
	var got []Delta
	err := Merge(scope, shape, batches(rows, size), batches(priors, size), func(d Delta) error {
		got = append(got, d)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// TestKinds is the table of what a row and a prior of one key make of each other.
func TestKinds(t *testing.T) {
	same := func(s model.State) *model.Prior { return &model.Prior{Key: "k", Shape: shape, RowHash: 1, State: s} }
	row := &model.Entry{Key: "k", Hash: 1}
	for _, c := range []struct {
		name  string
		row   *model.Entry
		prior *model.Prior
		whole Kind
	}{
		{"new", row, nil, Enter},
		{"synced and equal", row, same(model.Synced), Same},
		{"synced and other row", &model.Entry{Key: "k", Hash: 2}, same(model.Synced), Change},
		{"synced under another mapping", row, &model.Prior{Key: "k", Shape: 6, RowHash: 1, State: model.Synced}, Change},
		{"rejected and equal", row, same(model.Rejected), Again},
		{"rejected and other row", &model.Entry{Key: "k", Hash: 2}, same(model.Rejected), Again},
		{"unknown", row, same(model.Unknown), Again},
		{"left and back", row, same(model.Left), Return},
		{"removed and back", row, same(model.Removed), Return},
		{"gone, was synced", nil, same(model.Synced), Leave},
		{"gone, was rejected", nil, same(model.Rejected), Leave},
		{"gone, was unknown", nil, same(model.Unknown), Leave},
		{"gone, had left", nil, same(model.Left), Stays},
		{"gone, was removed", nil, same(model.Removed), Stays},
	} {
		t.Run(c.name, func(t *testing.T) {
			var rows []model.Entry
			var priors []model.Prior
			if c.row != nil {
				rows = append(rows, *c.row)
			}
			if c.prior != nil {
				priors = append(priors, *c.prior)
			}
			got := merge(t, model.Whole, rows, priors, 4)
			if len(got) != 1 || got[0].Kind != c.whole || got[0].HasPrior != (c.prior != nil) || got[0].Key() != "k" {
				t.Errorf("whole window: %+v, want one %s", got, c.whole)
			}
			touched := merge(t, model.Touched, rows, priors, 4)
			if c.row == nil && len(touched) != 0 {
				t.Errorf("touched window: silence made %+v", touched)
			}
			if c.row != nil && !slices.Equal(got, touched) {
				t.Errorf("touched window: %+v, whole %+v", touched, got)
			}
		})
	}
}

func TestDuplicatesAndNullKeys(t *testing.T) {
	rows := []model.Entry{{NullKey: true, Hash: 1}, {NullKey: true, Hash: 2}, {Key: "a", Hash: 1}, {Key: "b", Hash: 1}, {Key: "b", Hash: 2},
		{Key: "b", Hash: 1}, {Key: "c", Hash: 1}}
	priors := []model.Prior{{Key: "b", Shape: shape, RowHash: 1, State: model.Synced}, {Key: "c", Shape: shape, RowHash: 1, State: model.Synced}}
	for size := 1; size <= 8; size++ {
		var got []string
		for _, d := range merge(t, model.Whole, rows, priors, size) {
			got = append(got, fmt.Sprint(d.Kind, d.Key(), d.HasPrior))
		}
		want := []string{"null keyfalse", "null keyfalse", "enterafalse", "duplicatebtrue", "duplicatebtrue", "duplicatebtrue", "samectrue"}
		if !slices.Equal(got, want) {
			t.Errorf("batches of %d: %q, want %q", size, got, want)
		}
	}
}

func TestDisorderIsRefused(t *testing.T) {
	ok := []model.Entry{{Key: "a"}, {Key: "b"}}
	for name, c := range map[string]struct {
		rows   []model.Entry
		priors []model.Prior
	}{
		"rows":         {rows: []model.Entry{{Key: "b"}, {Key: "a"}}},
		"null key":     {rows: []model.Entry{{Key: "a"}, {NullKey: true}}},
		"priors":       {rows: ok, priors: []model.Prior{{Key: "b"}, {Key: "a"}}},
		"prior twice":  {rows: ok, priors: []model.Prior{{Key: "b"}, {Key: "b"}}},
		"across a cut": {rows: []model.Entry{{Key: "b"}, {Key: "c"}, {Key: "a"}}},
	} {
		for size := 1; size <= 3; size++ {
			err := Merge(model.Whole, shape, batches(c.rows, size), batches(c.priors, size), func(Delta) error { return nil })
			if !fault.Is(err, "diff.disorder") {
				t.Errorf("%s, batches of %d: %v, want diff.disorder", name, size, err)
			}
		}
	}
}

func TestErrorsStopTheWalk(t *testing.T) {
	stop := errors.New("stop")
	rows := []model.Entry{{Key: "a"}, {Key: "b"}}
	bad := func() ([]model.Entry, error) { return nil, stop }
	badPriors := func() ([]model.Prior, error) { return nil, stop }
	seen := 0
	for name, err := range map[string]error{
		"rows":   Merge(model.Whole, shape, bad, batches[model.Prior](nil, 1), func(Delta) error { return nil }),
		"priors": Merge(model.Whole, shape, batches(rows, 1), badPriors, func(Delta) error { return nil }),
		"each":   Merge(model.Whole, shape, batches(rows, 1), batches[model.Prior](nil, 1), func(Delta) error { seen++; return stop }),
	} {
		if !errors.Is(err, stop) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if seen != 1 {
		t.Errorf("each was called %d times after it failed", seen)
	}
}

// TestMergeIsTheNaiveJoin compares the walk with two maps. What must hold, and what a walk gets wrong easily: every row
// has exactly one delta; every prior is met by a row, or has one delta; nothing depends on where batches end.
func TestMergeIsTheNaiveJoin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOfN(rapid.SampledFrom([]string{"", "a", "aa", "ab", "b", "é", "é", "z", "10", "9", "[\"a\"]"}), 0, 14)
		rows := entries(t, keys.Draw(t, "rows"))
		priors := priors(t, keys.Draw(t, "priors"))
		scope := rapid.SampledFrom([]model.Scope{model.Touched, model.Whole}).Draw(t, "scope")
		size := rapid.IntRange(1, 5).Draw(t, "batch")
		got := merge(t, scope, rows, priors, size)
		want := naive(scope, rows, priors)
		if !slices.Equal(got, want) {
			t.Fatalf("merge\n%+v\nnaive\n%+v", got, want)
		}
	})
}

func entries(t *rapid.T, keys []string) []model.Entry {
	slices.Sort(keys)
	var list []model.Entry
	for range rapid.IntRange(0, 2).Draw(t, "null keys") {
		list = append(list, model.Entry{NullKey: true})
	}
	for _, k := range keys {
		list = append(list, model.Entry{Key: model.Key(k), Hash: rapid.Uint64Range(1, 2).Draw(t, "hash")})
	}
	return list
}

func priors(t *rapid.T, keys []string) []model.Prior {
	slices.Sort(keys)
	var list []model.Prior
	for _, k := range slices.Compact(keys) {
		list = append(list, model.Prior{
			Key: model.Key(k), RowHash: rapid.Uint64Range(1, 2).Draw(t, "prior hash"),
			Shape: rapid.SampledFrom([]uint32{shape, 6}).Draw(t, "shape"),
			State: model.State(rapid.IntRange(0, int(model.Removed)).Draw(t, "state")),
		})
	}
	return list
}

func naive(scope model.Scope, rows []model.Entry, priors []model.Prior) (want []Delta) {
	count, known := map[model.Key]int{}, map[model.Key]model.Prior{}
	for _, p := range priors {
		known[p.Key] = p
	}
	for _, r := range rows {
		if r.NullKey {
			want = append(want, Delta{Kind: NullKey, Entry: r})
			continue
		}
		count[r.Key]++
	}
	for _, r := range rows {
		if r.NullKey {
			continue
		}
		p, ok := known[r.Key]
		d := Delta{Entry: r, Prior: p, HasPrior: ok}
		switch {
		case count[r.Key] > 1:
			d.Kind = Duplicate
		case !ok:
			d.Kind = Enter
		case p.State == model.Left || p.State == model.Removed:
			d.Kind = Return
		case p.State != model.Synced:
			d.Kind = Again
		case p.Shape != shape || p.RowHash != r.Hash:
			d.Kind = Change
		}
		want = append(want, d)
	}
	for _, p := range priors {
		if count[p.Key] > 0 || scope == model.Touched {
			continue
		}
		kind := Leave
		if p.State == model.Left || p.State == model.Removed {
			kind = Stays
		}
		want = append(want, Delta{Kind: kind, Prior: p, HasPrior: true})
	}
	slices.SortStableFunc(want, func(a, b Delta) int {
		if (a.Kind == NullKey) != (b.Kind == NullKey) {
			if a.Kind == NullKey {
				return -1
			}
			return 1
		}
		return compareKeys(a.Key(), b.Key())
	})
	return want
}

func compareKeys(a, b model.Key) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// BenchmarkMerge walks a million rows against as many priors, one in a hundred changed.
func BenchmarkMerge(b *testing.B) {
	const n, batch = 1_000_000, 2048
	rows, known := make([]model.Entry, n), make([]model.Prior, n)
	for i := range n {
		key := model.Key(fmt.Sprintf("%010d", i))
		rows[i] = model.Entry{Key: key, Hash: uint64(i)}
		known[i] = model.Prior{Key: key, Shape: shape, RowHash: uint64(i), State: model.Synced}
		if i%100 == 0 {
			rows[i].Hash++
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		changes, r, p := 0, rows, known
		err := Merge(model.Whole, shape,
			func() ([]model.Entry, error) { part := r[:min(batch, len(r))]; r = r[len(part):]; return part, nil },
			func() ([]model.Prior, error) { part := p[:min(batch, len(p))]; p = p[len(part):]; return part, nil },
			func(d Delta) error {
				if d.Kind == Change {
					changes++
				}
				return nil
			})
		if err != nil || changes != n/100 {
			b.Fatal(changes, err)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mrows/s")
}
