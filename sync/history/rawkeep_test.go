package history

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
)

// TestRetainTakesTheOldest: by age and by size, whole files, and nothing comes back.
func TestRetainTakesTheOldest(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	r := New(dir).Raw("carts")
	for day := range 5 {
		archived(t, r, streamed(0, int64(day*100), 100))
	}
	for i, s := range filesOf(t, r) {
		backdate(t, r, s, time.Duration(4-i)*24*time.Hour)
	}
	if removed, err := r.Retain(ctx, time.Now(), 0, 0); err != nil || removed.Files != 0 {
		t.Errorf("no limit: %+v, %v", removed, err)
	}
	removed, err := r.Retain(ctx, time.Now(), 60*time.Hour, 0)
	if err != nil || removed.Files != 2 || removed.Events != 200 || removed.Bytes == 0 || !removed.Newest.Equal(streamed(0, 199, 1)[0].At) {
		t.Errorf("by age: %+v, %v", removed, err)
	}
	wantEvents(t, readAll(t, r, Range{}), streamed(0, 200, 300))
	stats, err := r.Stats()
	must(t, err)
	removed, err = r.Retain(ctx, time.Now(), 0, stats.Bytes-1)
	if err != nil || removed.Files != 1 {
		t.Errorf("by size: %+v, %v", removed, err)
	}
	wantEvents(t, readAll(t, r, Range{}), streamed(0, 300, 200))
	if removed, err = r.Retain(ctx, time.Now(), 0, 1); err != nil || removed.Files != 2 {
		t.Errorf("all: %+v, %v", removed, err)
	}
	archived(t, New(dir).Raw("carts"), streamed(0, 500, 10))
	wantEvents(t, readAll(t, r, Range{}), streamed(0, 500, 10))
}

// TestAReplaySeesFilesWholeOrNotAtAll: while it reads, everything is removed, merged or rewritten behind its back.
func TestAReplaySeesFilesWholeOrNotAtAll(t *testing.T) {
	ctx := t.Context()
	for name, change := range map[string]func(*Raw) error{
		"retain": func(r *Raw) error {
			_, err := r.Retain(ctx, time.Now(), 0, 1)
			return err
		},
		"compact": func(r *Raw) error { return r.Compact(ctx) },
		"erase": func(r *Raw) error {
			_, err := r.Erase(ctx, func(e *model.Event) bool { return e.Offset%100 == 99 })
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := New(t.TempDir()).Raw("carts")
			var files [][]model.Event
			for i := range 40 {
				files = append(files, slices.Concat(streamed(0, int64(i*300), 300), streamed(1, int64(i*10), 10)))
			}
			archived(t, r, files...)
			var got []model.Event
			changes := 0
			must(t, r.Read(ctx, Range{}, func(part []model.Event) error {
				if got = append(got, part...); len(got) < 3_000*(changes+1) {
					return nil
				}
				changes++
				return change(r)
			}))
			must(t, inOrder(got))
			count := map[int64]int{}
			for i := range got {
				if got[i].Partition == 0 {
					count[got[i].Offset/300]++
				}
			}
			for file, n := range count {
				if n != 300 && (name != "erase" || n != 297) {
					t.Errorf("file %d was seen with %d events", file, n)
				}
			}
			if len(count) != 40 && name != "retain" || len(count) < 8 {
				t.Errorf("%d files were seen", len(count))
			}
		})
	}
}

// TestManyFilesReadTogether: a feed that was read again from its beginning, after more flushes than files are held open.
func TestManyFilesReadTogether(t *testing.T) {
	r := New(t.TempDir()).Raw("carts")
	want := slices.Concat(streamed(0, 0, 600), streamed(1, 0, 600), streamed(2, 0, 100))
	for i := range int64(heldFiles + 44) {
		archived(t, r, slices.Concat(streamed(0, i*2, 2), streamed(1, i*2, 2)))
	}
	archived(t, r, want)
	wantEvents(t, readAll(t, r, Range{}), want)
	must(t, r.Compact(t.Context()))
	wantEvents(t, readAll(t, r, Range{}), want)
	must(t, r.Compact(t.Context()))
	wantEvents(t, readAll(t, r, Range{}), want)
	if n := len(filesOf(t, r)); n > 8 {
		t.Errorf("%d files are left", n)
	}
}

func TestCompactMergesWhatIsWorthIt(t *testing.T) {
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	file := func(hoursAgo int, raw int64) segment {
		return segment{written: now.Add(-time.Duration(hoursAgo) * time.Hour).UnixMilli(), raw: raw}
	}
	many := slices.Repeat([]segment{file(0, 1)}, manyFiles-1)
	for name, c := range map[string]struct {
		files []segment
		want  []int // files of each group
	}{
		"none":                   {nil, nil},
		"one":                    {[]segment{file(30, 1)}, nil},
		"today's, alike":         {[]segment{file(0, 10), file(0, 10)}, []int{2}},
		"today's, a large first": {[]segment{file(0, 1000), file(0, 10)}, nil},
		"many small ones":        {append([]segment{file(0, 1000)}, many...), []int{manyFiles}},
		"yesterday's":            {[]segment{file(20, 1000), file(20, 10)}, []int{2}},
		"two days":               {[]segment{file(40, 10), file(20, 10), file(20, 10), file(0, 10)}, []int{2}},
		"large enough":           {[]segment{file(20, 10), file(20, mergedBytes), file(20, 10), file(20, 10)}, []int{2}},
		"full":                   {slices.Repeat([]segment{file(0, mergedBytes/4)}, 6), []int{4, 2}},
		"more than at once":      {slices.Repeat([]segment{file(30, 1)}, mergedFiles+3), []int{mergedFiles, 3}},
	} {
		var got []int
		for _, g := range worthMerging(c.files, now) {
			got = append(got, len(g))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestErase(t *testing.T) {
	ctx, r := t.Context(), New(t.TempDir()).Raw("carts")
	archived(t, r, streamed(0, 0, 100), streamed(0, 100, 100), streamed(0, 200, 100))
	must(t, r.Append(ctx, streamed(0, 300, 50)))
	untouched := filesOf(t, r)[2]
	match := func(e *model.Event) bool { return e.Offset < 100 || e.Offset == 150 || e.Offset >= 348 }
	if n, err := r.Erase(ctx, match); err != nil || n != 103 {
		t.Errorf("erased %d, %v", n, err)
	}
	// What was erased while it waited counts as archived all the same: it is not to be read again.
	if at, err := r.Flush(ctx); err != nil || len(at) != 1 || at[0].Next != 350 {
		t.Errorf("archived %+v, %v", at, err)
	}
	want := slices.DeleteFunc(streamed(0, 0, 350), func(e model.Event) bool { return match(&e) })
	wantEvents(t, readAll(t, r, Range{}), want)
	files := filesOf(t, r)
	if len(files) != 3 || files[1] != untouched || r.Waiting() != 0 {
		t.Errorf("%d bytes wait, files: %+v", r.Waiting(), files)
	}
	if names, _ := os.ReadDir(r.dir); len(names) != 3 {
		t.Errorf("left over: %v", names)
	}
	if n, err := r.Erase(ctx, match); err != nil || n != 0 {
		t.Errorf("again: erased %d, %v", n, err)
	}
}

// TestWhatWasReplacedDoesNotComeBack: a file that could not be removed when another took its place is not there again
// when that one is removed.
func TestWhatWasReplacedDoesNotComeBack(t *testing.T) {
	ctx, r := t.Context(), New(t.TempDir()).Raw("carts")
	archived(t, r, streamed(0, 0, 10), streamed(0, 10, 10))
	old := filesOf(t, r)[0].name
	content, err := os.ReadFile(filepath.Join(r.dir, old))
	must(t, err)
	for what, change := range map[string]func() error{
		"retain": func() error { _, err := r.Retain(ctx, time.Now(), 0, 1); return err },
		"erase":  func() error { _, err := r.Erase(ctx, func(*model.Event) bool { return true }); return err },
	} {
		must(t, r.Compact(ctx))
		must(t, os.WriteFile(filepath.Join(r.dir, old), content, 0o600))
		must(t, change())
		if got := readAll(t, r, Range{}); len(got) > 0 {
			t.Errorf("%s: %d events are back", what, len(got))
		}
		r = New(t.TempDir()).Raw("carts")
		archived(t, r, streamed(0, 0, 10), streamed(0, 10, 10))
	}
}

// TestDamageIsFound: whatever bytes of a file are turned over, wherever: it is named, nothing of it is given, and the
// others can be read, merged and searched.
func TestDamageIsFound(t *testing.T) {
	random, ctx := seeded(t), t.Context()
	dir := t.TempDir()
	for i := range 80 {
		r := New(dir).Raw(fmt.Sprint(i))
		archived(t, r, streamed(0, 0, 30), streamed(0, 30, 30), streamed(0, 60, 30))
		files := filesOf(t, r)
		n := random.IntN(3)
		path := filepath.Join(r.dir, files[n].name)
		content, err := os.ReadFile(path)
		must(t, err)
		switch random.IntN(4) {
		case 0:
			content = content[:random.IntN(len(content))]
		case 1:
			content[len(content)-1-random.IntN(1200)] ^= 1 << random.IntN(8) // the footer
		default:
			content[random.IntN(len(content))] ^= 1 << random.IntN(8)
		}
		must(t, os.WriteFile(path, content, 0o600))
		want := slices.Concat(streamed(0, 0, int(n*30)), streamed(0, int64(n*30+30), 60-n*30))
		wantDamage := func(what string, err error) {
			t.Helper()
			if !fault.Is(err, "history.unreadable") || !strings.Contains(err.Error(), files[n].name) {
				t.Errorf("%s: got %v", what, err)
			}
		}
		got, err := reads(ctx, r, Range{})
		wantDamage("read", err)
		must(t, differ(got, want[:len(got)]))
		wantDamage("compact", r.Compact(ctx))
		got, err = reads(ctx, r, Range{PastDamage: true})
		wantDamage("past it", err)
		must(t, differ(got, want))
		_, err = r.Erase(ctx, func(e *model.Event) bool { return e.Offset%30 == 3 })
		wantDamage("erase", err)
		must(t, os.Remove(path))
		want = slices.DeleteFunc(want, func(e model.Event) bool { return e.Offset%30 == 3 })
		wantEvents(t, readAll(t, r, Range{}), want)
	}
}

func TestUnwritableRawFolder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, nil, 0o600))
	r := New(file).Raw("carts")
	must(t, r.Append(t.Context(), streamed(0, 0, 1)))
	if _, err := r.Flush(t.Context()); !fault.Is(err, "history.unwritable") {
		t.Errorf("got %v", err)
	}
}

func TestReadEndsWhenAsked(t *testing.T) {
	r := New(t.TempDir()).Raw("carts")
	archived(t, r, streamed(0, 0, 5000))
	enough := errors.New("enough")
	calls := 0
	err := r.Read(t.Context(), Range{}, func([]model.Event) error {
		calls++
		return enough
	})
	if !errors.Is(err, enough) || calls != 1 {
		t.Errorf("got %v after %d calls", err, calls)
	}
}

func TestStatsOfAllFeeds(t *testing.T) {
	s := New(t.TempDir())
	if list, err := s.Raws(); err != nil || list != nil {
		t.Errorf("nothing yet: %v, %v", list, err)
	}
	names := []string{"", "carts", "Carts", "a=2fb/ö 😀", strings.Repeat("long", 100)}
	for i, name := range names {
		archived(t, s.Raw(name), streamed(0, 0, i+1))
	}
	_, _, err := s.Write(t.Context(), "a", "run_1", batches(delivered("a", "run_1", 0, 3), 2))
	must(t, err)
	list, err := New(s.dir).Raws()
	must(t, err)
	for _, f := range list {
		i := slices.Index(names, f.Feed)
		if strings.HasPrefix(f.Feed, "longlong") {
			i = 4
		}
		if i < 0 || f.Events != int64(i+1) || f.Files != 1 || f.Bytes == 0 || f.RawBytes == 0 || !f.Oldest.Equal(streamed(0, 0, 1)[0].At) ||
			!f.Newest.Equal(streamed(0, int64(i), 1)[0].At) {
			t.Errorf("%+v", f)
		}
	}
	if len(list) != len(names) {
		t.Errorf("%d feeds, want %d", len(list), len(names))
	}
}

// TestReadingTakesBoundedMemory: however much is read, the memory is that of a few pages.
func TestReadingTakesBoundedMemory(t *testing.T) {
	const files, each, most = 4, 24 << 10, 48 << 20
	random, noise := seeded(t), make([]byte, 1<<20)
	for i := range noise {
		noise[i] = byte(random.Uint32())
	}
	r := New(t.TempDir()).Raw("carts")
	for file := range files {
		list := streamed(0, int64(file*each), each)
		for i := range list {
			list[i].Partition = int32(i % 20)
			list[i].Value = noise[i*29:][:1000]
		}
		archived(t, r, list)
	}
	defer debug.SetGCPercent(debug.SetGCPercent(25))
	for _, what := range []string{"as flushed", "merged"} {
		runtime.GC()
		peak, n, parts := int64(0), 0, 0
		must(t, r.Read(t.Context(), Range{}, func(part []model.Event) error {
			if parts++; parts%10 == 0 {
				peak = max(peak, heap())
			}
			n += len(part)
			return nil
		}))
		t.Logf("%s: %d events with %d MB", what, n, peak>>20)
		if n != files*each || peak > most {
			t.Errorf("%s: %d events with %d MB", what, n, peak>>20)
		}
		must(t, r.Compact(t.Context()))
	}
}

func heap() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
