package duckdbsource

import (
	"os"

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
