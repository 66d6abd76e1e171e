package history

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
)

// TestFullDiskLeavesNothingHalf: nothing is lost, nothing lies about, and with room again it goes on.
func TestFullDiskLeavesNothingHalf(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("a small disk cannot be mounted here: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	ctx, r := t.Context(), New(dir).Raw("carts")
	random := seeded(t)
	noise := func(list []model.Event) []model.Event { // that does not get smaller
		for i := range list {
			for range 64 {
				list[i].Value = append(list[i].Value, byte(random.Uint32()))
			}
		}
		return list
	}
	one, two, three := noise(streamed(0, 0, 1000)), noise(streamed(0, 1000, 1000)), noise(streamed(0, 2000, 2000))
	archived(t, r, one, two)
	must(t, r.Append(ctx, three))
	for _, room := range []int64{0, 4 << 10, 16 << 10, 40 << 10} {
		fill(t, dir, room)
		_, flushing := r.Flush(ctx)
		_, erasing := r.Erase(ctx, func(e *model.Event) bool { return e.Offset == 5 })
		for what, err := range map[string]error{"flush": flushing, "compact": r.Compact(ctx), "erase": erasing} {
			if !fault.Is(err, "history.unwritable") || !errors.Is(err, syscall.ENOSPC) {
				t.Errorf("%s with room for %d bytes: %v", what, room, err)
			}
		}
		names, err := fileNames(r.dir, "")
		if err != nil || len(names) != 2 {
			t.Errorf("left over: %v, %v", names, err)
		}
		wantEvents(t, readAll(t, r, Range{}), slices.Concat(one, two))
	}
	must(t, os.Remove(filepath.Join(dir, "filler")))
	at, err := r.Flush(ctx)
	if err != nil || len(at) != 1 || at[0].Next != 4000 {
		t.Errorf("with room again: %v, %v", at, err)
	}
	must(t, r.Compact(ctx))
	wantEvents(t, readAll(t, r, Range{}), slices.Concat(one, two, three))
}

// fill leaves so much room on a disk.
func fill(t *testing.T, dir string, room int64) {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, "filler"))
	must(t, err)
	defer f.Close()
	n := int64(0)
	for {
		written, err := f.Write(make([]byte, 4096))
		if n += int64(written); err != nil {
			break
		}
	}
	must(t, f.Truncate(max(0, n-room)))
}
