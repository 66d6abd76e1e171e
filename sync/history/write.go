package history

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/freshet/freshet/sync/model"
)

// Write keeps the deliveries of a run; next gives them in the order of the plan, none at the end. The file appears
// whole or not at all, and is on the disk when Write returns. A run that is kept already is left as it is, and next is
// not called. A run without deliveries gets no file: path is "".
func (s *Store) Write(ctx context.Context, sync string, run model.RunID, next func() ([]Delivery, error)) (path string, rows int64, err error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	path = s.file(sync, run)
	if _, err := os.Stat(path); err == nil {
		rows, err = s.count(ctx, []string{path})
		return path, rows, err
	}
	in := &stream{next: next, columns: columns()}
	if err := in.fill(); err != nil || in.ended {
		return "", 0, err
	}
	if err := s.prepare(sync); err != nil {
		return "", 0, unwritable(s.folder(sync), err)
	}
	if err := in.keep(ctx, path); err != nil {
		return "", 0, err
	}
	return path, in.rows, nil
}

// prepare makes the sync's folder and clears away what a process that died left in it.
func (s *Store) prepare(sync string) error {
	if err := os.MkdirAll(s.folder(sync), 0o700); err != nil {
		return err
	}
	left, err := s.list(sync, part)
	for _, name := range left {
		err = errors.Join(err, os.Remove(name))
	}
	return errors.Join(err, syncPath(s.dir))
}

// keep writes the deliveries and gives the file its name once all of it is on the disk.
func (s *stream) keep(ctx context.Context, path string) error {
	draft := path + part
	err := s.save(ctx, draft)
	if err == nil {
		err = os.Rename(draft, path)
	}
	if err == nil {
		err = syncPath(filepath.Dir(path))
	}
	if err == nil {
		return nil
	}
	_ = os.Remove(draft)
	if s.err != nil {
		return s.err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return unwritable(path, err)
}

// syncPath waits until a file, or the names in a folder, are on the disk.
func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
