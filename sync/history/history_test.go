package history

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
)

var base = time.Date(2026, 3, 1, 10, 0, 0, 123456000, time.UTC)

// delivered makes n deliveries of a run, keys "k0", "k1", …
func delivered(sync string, run model.RunID, hour, n int) []Delivery {
	list := make([]Delivery, n)
	for i := range list {
		at := base.Add(time.Duration(hour) * time.Hour)
		list[i] = Delivery{Sync: sync, Run: run, Call: model.CallID(fmt.Sprintf("call_%s_%d", run, i/100)), Ord: int64(i),
			Key: model.Key(fmt.Sprintf("k%d", i)), Verb: "upsert", Verdict: "accepted", Effect: "created", Cause: "entered",
			Version: "7", Code: "c", Message: "m 'quoted' é 😀", RequestID: "r", RemoteID: fmt.Sprint(i), Attempt: 2, IntendedAt: at,
			SettledAt: at.Add(time.Second), Match: `{"email":"a"}`, Fields: fmt.Sprintf(`{"n":%d,"t":"x\u0000\n"}`, i), Before: "",
		}
	}
	return list
}

// batches gives a list in parts of the given size.
func batches(list []Delivery, size int) func() ([]Delivery, error) {
	return func() ([]Delivery, error) {
		n := min(size, len(list))
		now := list[:n]
		list = list[n:]
		return now, nil
	}
}

func TestTraceGivesBackWhatWasWritten(t *testing.T) {
	ctx, s := t.Context(), New(filepath.Join(t.TempDir(), "his'tory [1] *"))
	if list, err := s.Trace(ctx, "a", "k5"); err != nil || list != nil {
		t.Fatalf("before anything was written: %v, %v", list, err)
	}
	late, early := delivered("a", "run_1", 9, 5000), delivered("a", "run_2", 3, 10)
	early[5].SettledAt = time.Time{}
	for _, run := range [][]Delivery{late, early} {
		path, rows, err := s.Write(ctx, "a", run[0].Run, batches(run, 777))
		if err != nil || rows != int64(len(run)) {
			t.Fatalf("wrote %d rows to %s: %v", rows, path, err)
		}
	}
	got, err := s.Trace(ctx, "a", "k5")
	if err != nil {
		t.Fatal(err)
	}
	if want := []Delivery{early[5], late[5]}; !reflect.DeepEqual(got, want) {
		t.Errorf("oldest first:\n got %+v\nwant %+v", got, want)
	}
	if got, err := s.Trace(ctx, "other", "k5"); err != nil || len(got) != 0 {
		t.Errorf("another sync's history shows: %v, %v", got, err)
	}
	files, bytes, rows, err := s.Size(ctx, "a")
	if err != nil || files != 2 || rows != 5010 || bytes == 0 {
		t.Errorf("size is %d files, %d bytes, %d rows, %v", files, bytes, rows, err)
	}
}

func TestWritingARunAgainDoesNothing(t *testing.T) {
	ctx, s := t.Context(), New(t.TempDir())
	first, rows, err := s.Write(ctx, "a", "run_1", batches(delivered("a", "run_1", 0, 30), 10))
	if err != nil {
		t.Fatal(err)
	}
	before, _ := os.ReadFile(first)
	again, count, err := s.Write(ctx, "a", "run_1", func() ([]Delivery, error) {
		t.Error("the deliveries were asked for again")
		return nil, nil
	})
	if err != nil || again != first || count != rows {
		t.Errorf("again: %s with %d rows, %v; want %s with %d", again, count, err, first, rows)
	}
	if after, _ := os.ReadFile(first); string(after) != string(before) {
		t.Error("the file has changed")
	}
}

// TestFileAppearsWhole: while a run is being written nobody can take what is there for its history.
func TestFileAppearsWhole(t *testing.T) {
	ctx, s := t.Context(), New(t.TempDir())
	calls := 0
	path, _, err := s.Write(ctx, "a", "run_1", func() ([]Delivery, error) {
		if calls++; calls > 30 {
			return nil, nil
		}
		if files, err := s.files("a"); len(files) > 0 || err != nil {
			t.Errorf("call %d: %v, %v", calls, files, err)
		}
		return delivered("a", "run_1", 0, 2048), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files, _ := s.files("a"); len(files) != 1 || files[0] != path {
		t.Errorf("in the end: %v", files)
	}
}

func TestRunWithoutDeliveriesGetsNoFile(t *testing.T) {
	s := New(filepath.Join(t.TempDir(), "h"))
	path, rows, err := s.Write(t.Context(), "a", "run_1", batches(nil, 1))
	if path != "" || rows != 0 || err != nil {
		t.Errorf("got %q, %d, %v", path, rows, err)
	}
}

func TestCrashLeftoversAreIgnoredAndRemoved(t *testing.T) {
	ctx, s := t.Context(), New(t.TempDir())
	if err := os.MkdirAll(s.folder("a"), 0o755); err != nil {
		t.Fatal(err)
	}
	left := []string{s.file("a", "run_0") + part, s.file("a", "run_1") + part}
	for _, name := range left {
		if err := os.WriteFile(name, []byte("PAR1 torn"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := s.Trace(ctx, "a", "k1"); err != nil || len(got) != 0 {
		t.Errorf("a torn file was read: %v, %v", got, err)
	}
	if _, _, err := s.Write(ctx, "a", "run_1", batches(delivered("a", "run_1", 0, 3), 2)); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(s.folder("a"), "*"+part)); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
	if got, err := s.Trace(ctx, "a", "k1"); err != nil || len(got) != 1 {
		t.Errorf("after the crash: %v, %v", got, err)
	}
}

func TestFailingSourceLeavesNothing(t *testing.T) {
	ctx, s := t.Context(), New(t.TempDir())
	broken := errors.New("the ledger went away")
	calls := 0
	_, _, err := s.Write(ctx, "a", "run_1", func() ([]Delivery, error) {
		if calls++; calls > 3 {
			return nil, broken
		}
		return delivered("a", "run_1", 0, 3000), nil
	})
	if !errors.Is(err, broken) {
		t.Errorf("the cause is lost: %v", err)
	}
	if left, _ := os.ReadDir(s.folder("a")); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
}

func TestNamesAreSafe(t *testing.T) {
	s := New(t.TempDir())
	seen := map[string]string{}
	for _, name := range []string{"a", "A", "a/b", "../a", "a=2fb", "", ".", "con", "naïve 😀", "x'; drop", "%s",
		strings.Repeat("long", 100), strings.Repeat("long", 101)} {
		folder := strings.ToLower(s.folder(name))
		if other, twice := seen[folder]; twice {
			t.Errorf("%q and %q share a folder", name, other)
		}
		seen[folder] = name
		if filepath.Dir(s.folder(name)) != s.dir {
			t.Errorf("%q leads out of the history: %s", name, s.folder(name))
		}
		path, _, err := s.Write(t.Context(), name, "run_A", batches(delivered(name, "run_A", 0, 1), 1))
		if err != nil {
			t.Errorf("%q: %v", name, err)
		}
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
}

func TestManyAtOnce(t *testing.T) {
	ctx, s := t.Context(), New(t.TempDir())
	var wait sync.WaitGroup
	for i := range 6 {
		wait.Go(func() {
			run := model.RunID(fmt.Sprintf("run_%d", i/2)) // every run by two at once
			if _, rows, err := s.Write(ctx, "a", run, batches(delivered("a", run, i, 500), 100)); err != nil || rows != 500 {
				t.Errorf("%s: %d rows, %v", run, rows, err)
			}
			if _, err := s.Trace(ctx, "a", "k3"); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if files, _, rows, err := s.Size(ctx, "a"); files != 3 || rows != 1500 || err != nil {
		t.Errorf("%d files with %d rows, %v", files, rows, err)
	}
}

func TestUnwritableFolder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	_, _, err := New(file).Write(t.Context(), "a", "run_1", batches(delivered("a", "run_1", 0, 1), 1))
	if !fault.Is(err, "history.unwritable") {
		t.Errorf("got %v", err)
	}
}

func TestDamagedFileIsNamedAsUnreadable(t *testing.T) {
	s := New(t.TempDir())
	path, _, err := s.Write(t.Context(), "a", "run_1", batches(delivered("a", "run_1", 0, 100), 100))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 200); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Trace(t.Context(), "a", "k1"); !fault.Is(err, "history.unreadable") {
		t.Errorf("got %v", err)
	}
}

func TestCancelledWriteLeavesNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := New(t.TempDir())
	n := 0
	_, _, err := s.Write(ctx, "a", "run_1", func() ([]Delivery, error) {
		if n++; n == 5 {
			cancel()
		}
		if n > 500 {
			return nil, nil
		}
		return delivered("a", "run_1", 0, 2048), nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if left, _ := os.ReadDir(s.folder("a")); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
}

// BenchmarkWrite writes deliveries of about 700 bytes; it reports the heap of Go as well, which must not grow with n.
func BenchmarkWrite(b *testing.B) {
	const n = 200_000
	s := New(b.TempDir())
	list := delivered("a", "run_1", 0, 4096)
	for i := range list {
		list[i].Fields = fmt.Sprintf(`{"email":"person%d@example.com","note":%q}`, i, strings.Repeat("text ", 60))
	}
	for b.Loop() {
		left := n
		start := time.Now()
		run := model.RunID(fmt.Sprintf("run_%d", time.Now().UnixNano()))
		_, _, err := s.Write(b.Context(), "a", run, func() ([]Delivery, error) {
			now := min(left, len(list))
			left -= now
			return list[:now], nil
		})
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(n/time.Since(start).Seconds(), "rows/s")
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(m.HeapSys)/1e6, "heapMB")
}
