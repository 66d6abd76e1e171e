package history

import (
	"context"
	"errors"
	"io/fs"

	"github.com/freshet/freshet/sync/fault"
)

func rawUnreadable(path string, err error) error {
	return fault.New(fault.Storage, "history.unreadable", "the history of a feed cannot be read").At(path).Because(err).
		Do("Give this user the right to read there. A damaged file can be moved out of its folder: the others are read " +
			"without it, and its events can be read from the stream again while the broker keeps them.")
}

func rawUnwritable(ctx context.Context, path string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fault.New(fault.Storage, "history.unwritable", "the history of a feed cannot be written").At(path).Because(err).
		Do("Check that the disk has room and that this user may write there. Nothing is lost: what is not written yet " +
			"does not count as archived, and is written with the next attempt or read from the stream again.")
}

// goneOr is a file's error: fs.ErrNotExist itself where others may decide what its absence means.
func goneOr(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fs.ErrNotExist
	}
	return rawUnreadable(path, err)
}
