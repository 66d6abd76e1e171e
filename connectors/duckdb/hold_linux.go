package duckdbsource

import (
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// keepWritersOut keeps writers from a file until the file it gives is closed. DuckDB takes a lock of its own, but one that a
// process loses whenever it closes the same file anywhere: where two runs read one warehouse, the end of the first would
// let a writer change it under the second. This lock belongs to the open file alone. nil: it cannot be had.
func keepWritersOut(path string) *os.File {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	lock := unix.Flock_t{Type: unix.F_RDLCK}
	if unix.FcntlFlock(f.Fd(), unix.F_OFD_SETLK, &lock) != nil {
		_ = f.Close()
		return nil
	}
	return f
}

// stateOf changes with what a file holds, and when another is put in its place.
func stateOf(info os.FileInfo) string {
	var file, changed int64
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		file, changed = int64(s.Ino), s.Ctim.Nano()
	}
	return fmt.Sprint(file, changed, info.Size(), info.ModTime().UnixNano())
}
