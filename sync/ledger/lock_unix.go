//go:build unix

package ledger

import (
	"errors"
	"os"
	"syscall"
)

// tryLock takes the file's advisory lock without waiting. It belongs to this opening of the file, so a second opening
// in the same process is refused as well.
func tryLock(file *os.File) error { return flock(file, syscall.LOCK_EX) }

// tryShared takes a lock that others who only look may have at the same time.
func tryShared(file *os.File) error { return flock(file, syscall.LOCK_SH) }

func flock(file *os.File, kind int) error {
	for {
		err := syscall.Flock(int(file.Fd()), kind|syscall.LOCK_NB)
		switch {
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EWOULDBLOCK):
			return errHeld
		default:
			return err
		}
	}
}
