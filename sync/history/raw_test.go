package history

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
	"pgregory.net/rapid"
)

// streamed makes n events of a partition from an offset on, a second apart.
func streamed(part int32, from int64, n int) []model.Event {
	list := make([]model.Event, n)
	for i := range list {
		at := from + int64(i)
		list[i] = model.Event{Topic: "shop.carts", TopicID: model.TopicID{1, 15: 2}, Partition: part, Offset: at, Epoch: 3,
			At: base.Truncate(time.Millisecond).Add(time.Duration(at) * time.Second), Key: fmt.Appendf(nil, `{"id":%d}`, at%10),
			Value:   fmt.Appendf(nil, `{"op":"u","after":{"id":%d,"note":%q}}`, at, strings.Repeat("text ", 10)),
			Headers: []model.Header{{Name: "trace", Value: []byte{0, byte(at)}}, {Name: "trace", Value: nil}}}
	}
	return list
}

// archived appends and flushes lists, each a file of its own.
func archived(t testing.TB, r *Raw, lists ...[]model.Event) {
	t.Helper()
	for _, list := range lists {
		if err := r.Append(t.Context(), list); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// readAll is everything of a range.
func readAll(t testing.TB, r *Raw, which Range) []model.Event {
	t.Helper()
	list, err := reads(t.Context(), r, which)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func reads(ctx context.Context, r *Raw, which Range) (list []model.Event, err error) {
	err = r.Read(ctx, which, func(part []model.Event) error {
		list = append(list, part...)
		return nil
	})
	return list, err
}

// shown is an event as a text in which null and empty differ.
func shown(e *model.Event) string {
	return fmt.Sprintf("%q %x %d@%d/%d %d %#v %#v %#v", e.Topic, e.TopicID, e.Partition, e.Offset, e.Epoch, e.At.UnixMilli(), e.Key, e.Value, e.Headers)
}

// same says whether two events are alike, null and empty told apart.
func same(a, b *model.Event) bool {
	alike := func(a, b []byte) bool { return bytes.Equal(a, b) && (a == nil) == (b == nil) }
	return compareEvents(a, b) == 0 && alike(a.Key, b.Key) && alike(a.Value, b.Value) &&
		slices.EqualFunc(a.Headers, b.Headers, func(a, b model.Header) bool { return a.Name == b.Name && alike(a.Value, b.Value) })
}

// wantEvents compares without regard to the order of partitions.
func wantEvents(t testing.TB, got, want []model.Event) {
	t.Helper()
	if err := differ(got, want); err != nil {
		t.Fatal(err)
	}
}

func differ(got, want []model.Event) error {
	if err := inOrder(got); err != nil {
		return err
	}
	order := func(list []model.Event) []model.Event {
		return slices.SortedStableFunc(slices.Values(list), func(a, b model.Event) int { return compareEvents(&a, &b) })
	}
	got, want = order(got), order(want)
	want = slices.CompactFunc(want, func(a, b model.Event) bool { return compareEvents(&a, &b) == 0 })
	for i := range min(len(got), len(want)) {
		if !same(&got[i], &want[i]) {
			return fmt.Errorf("event %d:\n got %.300s\nwant %.300s", i, shown(&got[i]), shown(&want[i]))
		}
	}
	if len(got) != len(want) {
		return fmt.Errorf("%d events, want %d", len(got), len(want))
	}
	return nil
}

// inOrder says what is wrong with the order of events: each partition's ascend, none comes twice.
func inOrder(list []model.Event) error {
	last := map[partition]*model.Event{}
	for i := range list {
		p := partitionOf(&list[i])
		if before := last[p]; before != nil && compareEvents(before, &list[i]) >= 0 {
			return fmt.Errorf("partition %d: %d comes after %d", p.number, list[i].Offset, before.Offset)
		}
		last[p] = &list[i]
	}
	return nil
}

func TestFlushTellsWhatIsArchived(t *testing.T) {
	ctx, r := t.Context(), New(t.TempDir()).Raw("carts")
	if at, err := r.Flush(ctx); at != nil || err != nil {
		t.Errorf("nothing to write: %v, %v", at, err)
	}
	wantEvents(t, readAll(t, r, Range{}), nil)
	one, two := streamed(0, 5, 10), streamed(1, 100, 3)
	again := streamed(0, 8, 2) // read again from an earlier position, as after a rebalance
	for _, list := range [][]model.Event{one, two, again} {
		if err := r.Append(ctx, list); err != nil {
			t.Fatal(err)
		}
	}
	if r.Waiting() == 0 {
		t.Error("nothing waits")
	}
	wantEvents(t, readAll(t, r, Range{}), nil)
	at, err := r.Flush(ctx)
	if err != nil {
		t.Fatal(err)
	}
	want := []model.Position{{Topic: "shop.carts", TopicID: one[0].TopicID, Partition: 0, Next: 10, Epoch: 3},
		{Topic: "shop.carts", TopicID: one[0].TopicID, Partition: 1, Next: 103, Epoch: 3}}
	if !slices.Equal(at, want) {
		t.Errorf("archived %+v, want %+v", at, want)
	}
	if r.Waiting() != 0 {
		t.Errorf("%d bytes wait", r.Waiting())
	}
	wantEvents(t, readAll(t, r, Range{}), slices.Concat(one, two))
}

// TestRawEventsComeBackAsTheyWere: whatever the events, however they are cut into files and merged.
func TestRawEventsComeBackAsTheyWere(t *testing.T) {
	dir := t.TempDir()
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		r := New(dir).Raw(fmt.Sprint(n))
		list := drawEvents(t)
		for part := range slices.Chunk(list, rapid.IntRange(1, 40).Draw(t, "flush")) {
			check(t, r.Append(context.Background(), part))
			_, err := r.Flush(context.Background())
			check(t, err)
			if rapid.IntRange(0, 9).Draw(t, "compact") == 0 {
				check(t, r.Compact(context.Background()))
			}
		}
		got, err := reads(context.Background(), r, Range{})
		check(t, err)
		check(t, differ(got, list))
		from := base.Add(time.Duration(rapid.Int64Range(-5e3, 5e3).Draw(t, "from")) * time.Millisecond)
		got, err = reads(context.Background(), r, Range{From: from})
		check(t, err)
		check(t, differ(got, slices.DeleteFunc(slices.Clone(list), func(e model.Event) bool { return e.At.Before(from) })))
	})
}

func check(t *rapid.T, err error) {
	if err != nil {
		t.Fatal(err)
	}
}

func drawEvents(t *rapid.T) []model.Event {
	some := rapid.SampledFrom([][]byte{nil, {}, {0}, []byte("a"), []byte("\xff\xfe"), []byte(`{"a":1}`), bytes.Repeat([]byte("ab"), 700)})
	names := rapid.SampledFrom([]string{"", "a", "trace", "\xff", "é", "\x00"})
	times := rapid.OneOf(rapid.Int64Range(-5e3, 5e3), rapid.SampledFrom([]int64{math.MinInt64 / 4, math.MaxInt64 / 4}))
	next := map[int32]int64{}
	seen := map[string]model.Event{} // what comes again is the same event
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) model.Event {
		part := int32(rapid.IntRange(0, 3).Draw(t, "partition"))
		// Mostly forward, sometimes back: what was read before is read again, but is then the same event.
		next[part] = max(0, next[part]+rapid.SampledFrom([]int64{1, 1, 1, 2, 50, -3, -20}).Draw(t, "step"))
		e := model.Event{Topic: rapid.SampledFrom([]string{"t", "u"}).Draw(t, "topic"), Partition: part, Offset: next[part],
			TopicID: model.TopicID{byte(rapid.IntRange(0, 1).Draw(t, "id"))}, Epoch: rapid.Int32Range(-1, 2).Draw(t, "epoch")}
		e.At = time.UnixMilli(base.UnixMilli() + times.Draw(t, "at"))
		e.Key, e.Value = some.Draw(t, "key"), some.Draw(t, "value")
		for range rapid.IntRange(0, 3).Draw(t, "headers") {
			e.Headers = append(e.Headers, model.Header{Name: names.Draw(t, "name"), Value: some.Draw(t, "header")})
		}
		identity := fmt.Sprint(partitionOf(&e), e.Offset, e.Epoch, e.At.UnixMilli())
		if before, again := seen[identity]; again {
			return before
		}
		seen[identity] = e
		return e
	}), 0, 120).Draw(t, "events")
}

// TestHugeEvents: events of many megabytes among small ones take the memory of one of them, not of a row group of them.
func TestHugeEvents(t *testing.T) {
	r := New(t.TempDir()).Raw("carts")
	list := streamed(0, 0, 300)
	for i := 0; i < len(list); i += 60 {
		list[i].Value = bytes.Repeat([]byte{byte(i), 1, 2, 3}, 4<<20)
		list[i].Headers = append(list[i].Headers, model.Header{Name: strings.Repeat("n", 1<<20), Value: list[i].Value[:5<<20]})
	}
	archived(t, r, list)
	n := 0
	err := r.Read(t.Context(), Range{}, func(part []model.Event) error {
		for i := range part {
			if !same(&part[i], &list[n]) {
				t.Fatalf("event %d is another", n)
			}
			n++
		}
		return nil
	})
	if err != nil || n != len(list) {
		t.Errorf("%d events, %v", n, err)
	}
}

func TestImpossibleEvents(t *testing.T) {
	r := New(t.TempDir()).Raw("carts")
	err := r.Append(t.Context(), append(streamed(0, 0, 1), model.Event{Topic: "\xff"}))
	if !fault.Is(err, "history.impossible") || r.Waiting() != 0 {
		t.Errorf("got %v, %d bytes wait", err, r.Waiting())
	}
}

func TestReadRanges(t *testing.T) {
	r := New(t.TempDir()).Raw("carts")
	all := slices.Concat(streamed(0, 0, 500), streamed(1, 0, 500), streamed(0, 500, 500), streamed(1, 400, 700))
	archived(t, r, all[:1000], all[1000:])
	position := func(part int32, next int64) model.Position {
		return model.Position{Topic: "shop.carts", TopicID: all[0].TopicID, Partition: part, Next: next}
	}
	second := func(n int) time.Time { return base.Truncate(time.Millisecond).Add(time.Duration(n) * time.Second) }
	for name, c := range map[string]struct {
		which Range
		in    func(*model.Event) bool
	}{
		"all":      {Range{}, func(*model.Event) bool { return true }},
		"from":     {Range{From: second(450)}, func(e *model.Event) bool { return e.Offset >= 450 }},
		"to":       {Range{To: second(450)}, func(e *model.Event) bool { return e.Offset < 450 }},
		"fraction": {Range{From: second(450).Add(1), To: second(452).Add(1)}, func(e *model.Event) bool { return e.Offset == 451 || e.Offset == 452 }},
		"nothing":  {Range{From: second(2000)}, func(e *model.Event) bool { return false }},
		"start": {Range{Start: []model.Position{position(0, 700)}}, func(e *model.Event) bool {
			return e.Partition == 1 || e.Offset >= 700
		}},
		"both": {Range{Start: []model.Position{position(0, 700), position(1, 450)}, End: []model.Position{position(1, 460), position(0, 0)}},
			func(e *model.Event) bool { return e.Partition == 1 && e.Offset >= 450 && e.Offset < 460 }},
	} {
		got := readAll(t, r, c.which)
		want := slices.DeleteFunc(slices.Clone(all), func(e model.Event) bool { return !c.in(&e) })
		if err := differ(got, want); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAnOffsetThatWasFilledAnewIsAnotherEvent: after an unclean election a log has other events at the same offsets.
func TestAnOffsetThatWasFilledAnewIsAnotherEvent(t *testing.T) {
	r := New(t.TempDir()).Raw("carts")
	before, after := streamed(0, 0, 20), streamed(0, 15, 20)
	for i := range after {
		after[i].Epoch, after[i].Value = 4, []byte("other")
	}
	archived(t, r, before, after, after)
	want := slices.Concat(before, after)
	wantEvents(t, readAll(t, r, Range{}), want)
	for _, s := range filesOf(t, r) {
		backdate(t, r, s, 48*time.Hour)
	}
	if err := r.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantEvents(t, readAll(t, r, Range{}), want)
	if stats, err := r.Stats(); err != nil || stats.Files != 1 || stats.Events != int64(len(want)) {
		t.Errorf("%+v, %v", stats, err)
	}
}

func filesOf(t testing.TB, r *Raw) []segment {
	t.Helper()
	all, err := segments(r.dir)
	if err != nil {
		t.Fatal(err)
	}
	live, _ := counted(all)
	return live
}

// backdate makes a file look as if it had been written so long ago.
func backdate(t testing.TB, r *Raw, s segment, age time.Duration) {
	t.Helper()
	old := s
	s.written -= age.Milliseconds()
	if err := os.Rename(filepath.Join(r.dir, old.name), filepath.Join(r.dir, s.fileName())); err != nil {
		t.Fatal(err)
	}
}

func TestRawFilesAreTheirOwnersAlone(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the rights of a file are others there")
	}
	dir := filepath.Join(t.TempDir(), "history")
	r := New(dir).Raw("carts")
	archived(t, r, streamed(0, 0, 10))
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		info, _ := d.Info()
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is open to others: %s", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestRawCrashLeftoversAreIgnoredAndRemoved(t *testing.T) {
	dir := t.TempDir()
	r := New(dir).Raw("carts")
	archived(t, r, streamed(0, 0, 10), streamed(0, 10, 10))
	old := filesOf(t, r)
	kept := map[string][]byte{}
	for _, s := range old {
		kept[s.name], _ = os.ReadFile(filepath.Join(r.dir, s.name))
	}
	if err := r.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, content := range kept { // a crash between the new name and the end of the old ones
		if err := os.WriteFile(filepath.Join(r.dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(r.dir, "77"+part), []byte("PAR1 torn"), 0o600); err != nil {
		t.Fatal(err)
	}
	r = New(dir).Raw("carts")
	want := slices.Concat(streamed(0, 0, 10), streamed(0, 10, 10))
	wantEvents(t, readAll(t, r, Range{}), want)
	if stats, err := r.Stats(); err != nil || stats.Events != 20 || stats.Files != 1 {
		t.Errorf("%+v, %v", stats, err)
	}
	more := streamed(0, 20, 5)
	archived(t, r, more)
	names, err := os.ReadDir(r.dir)
	if err != nil || len(names) != 2 {
		t.Errorf("left over: %v, %v", names, err)
	}
	wantEvents(t, readAll(t, r, Range{}), append(want, more...))
}

func TestFailingFlushKeepsEventsForTheNext(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	r := New(t.TempDir()).Raw("carts")
	one, two := streamed(0, 0, 1000), streamed(0, 1000, 10)
	if err := r.Append(ctx, one); err != nil {
		t.Fatal(err)
	}
	before := r.Waiting()
	stop()
	if at, err := r.Flush(ctx); at != nil || err != context.Canceled {
		t.Errorf("got %v, %v", at, err)
	}
	if r.Waiting() != before {
		t.Errorf("%d bytes wait, want %d", r.Waiting(), before)
	}
	if left, _ := os.ReadDir(r.dir); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
	archived(t, r, two)
	wantEvents(t, readAll(t, r, Range{}), slices.Concat(one, two))
}

// TestReadingBesideEverything: who reads while files are flushed, merged and rewritten misses nothing that was there.
func TestReadingBesideEverything(t *testing.T) {
	r := New(t.TempDir()).Raw("carts")
	want := slices.Concat(streamed(0, 0, 400), streamed(1, 0, 400))
	for part := range slices.Chunk(want, 20) {
		archived(t, r, part)
	}
	var wait sync.WaitGroup
	done := make(chan struct{})
	wait.Go(func() {
		for i := range 12 {
			archived(t, r, streamed(2, int64(i*5), 5))
			if err := r.Compact(t.Context()); err != nil {
				t.Error(err)
			}
			if _, err := r.Erase(t.Context(), func(e *model.Event) bool { return e.Partition == 2 && e.Offset == int64(i*5) }); err != nil {
				t.Error(err)
			}
		}
		close(done)
	})
	for range 3 {
		wait.Go(func() {
			for over := false; !over; {
				select {
				case <-done:
					over = true
				default:
				}
				got, err := reads(t.Context(), r, Range{})
				if err != nil {
					t.Error(err)
					return
				}
				got = slices.DeleteFunc(got, func(e model.Event) bool { return e.Partition == 2 })
				if err := differ(got, want); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wait.Wait()
}
