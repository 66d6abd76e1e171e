package ledger

import (
	"context"
	"errors"
	"os"
	"path/filepath"
)

// Ledger reads and writes. It holds the data directory's lock from Open to Close and serves many goroutines.
type Ledger struct {
	*Reader
	writer *writer
	lock   *lock
	recent recent
	shapes shapes
}

// Open takes the data directory for this process, making it and the ledger where they are not there yet. command is
// what people are told is running. Faults: ledger.locked (Busy), and of kind Storage ledger.unwritable,
// ledger.network_fs, ledger.newer, ledger.damaged, ledger.disk_full.
func Open(ctx context.Context, dir, command string) (*Ledger, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, unwritable(dir, err)
	}
	if err := refuseNetwork(dir); err != nil {
		return nil, err
	}
	lock, err := takeLock(dir, command)
	if err != nil {
		return nil, err
	}
	l, err := openLocked(ctx, filePath(dir), lock)
	if err != nil {
		_ = lock.release(lock.clean)
		return nil, err
	}
	return l, nil
}

func openLocked(ctx context.Context, path string, lock *lock) (*Ledger, error) {
	if err := private(path); err != nil {
		return nil, unwritable(filepath.Dir(path), err)
	}
	if err := migrate(ctx, path); err != nil {
		return nil, explain(err, path)
	}
	c, err := connect(path, writing)
	if err != nil {
		return nil, explain(err, path)
	}
	if err := errors.Join(inspect(c, path, lock.sound), tune(c)); err != nil {
		_ = c.close()
		return nil, explain(err, path)
	}
	reader, err := newReader(path)
	if err != nil {
		_ = c.close()
		return nil, err
	}
	l := &Ledger{Reader: reader, writer: startWriter(path, c), lock: lock}
	if err := l.minded(ctx); err != nil {
		l.lock = nil // it is the caller's to give back
		l.writer.close()
		return nil, errors.Join(err, reader.Close(), c.close())
	}
	return l, nil
}

// private makes a ledger that is not there yet readable by its owner alone, whatever folder it lies in; SQLite gives its
// other files the same rights.
func private(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Close()
}

// tune keeps the write-ahead log at a size where a checkpoint writes many changes of one page once.
func tune(c *conn) error {
	for _, pragma := range []string{"wal_autocheckpoint = 4000", "journal_size_limit = 67108864"} {
		if err := c.pragma(pragma); err != nil {
			return err
		}
	}
	return nil
}

// Close waits for the writes under way, closes the file and frees the directory. Called again it does nothing.
func (l *Ledger) Close() error {
	if l.lock == nil {
		return nil
	}
	l.writer.close()
	broken := l.writer.broken
	err := errors.Join(l.Reader.Close(), explain(l.writer.conn.close(), l.path))
	err = errors.Join(err, l.lock.release(broken == nil && err == nil))
	l.lock = nil
	return err
}
