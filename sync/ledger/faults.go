package ledger

import (
	"context"
	"errors"
	"io/fs"

	"github.com/freshet/freshet/sync/fault"
	sqlite3 "github.com/mattn/go-sqlite3"
)

// explain turns an error of SQLite or of the file system into a fault with a remedy; faults and the end of a context
// pass as they are.
func explain(err error, path string) error {
	var known *fault.Fault
	if err == nil || errors.As(err, &known) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	var lite sqlite3.Error
	if errors.As(err, &lite) {
		return explainCode(lite, path)
	}
	if errors.Is(err, fs.ErrPermission) {
		return unwritable(path, err)
	}
	return fault.New(fault.Storage, "ledger.failed", "the ledger cannot be used").At(path).Because(err).
		Do("Look at the cause above; nothing that was confirmed before is lost.")
}

func explainCode(err sqlite3.Error, path string) error {
	switch err.Code {
	case sqlite3.ErrFull:
		return fault.New(fault.Storage, "ledger.disk_full", "the disk is full, so the ledger stopped").At(path).Because(err).
			Do("Free some space and run the command again: it goes on where the ledger ends.")
	case sqlite3.ErrCorrupt, sqlite3.ErrNotADB:
		return damaged(path, err)
	case sqlite3.ErrReadonly, sqlite3.ErrPerm, sqlite3.ErrCantOpen, sqlite3.ErrAuth:
		return unwritable(path, err)
	case sqlite3.ErrBusy, sqlite3.ErrLocked:
		return fault.New(fault.Busy, "ledger.busy", "another program keeps the ledger's file locked").At(path).Because(err).
			Do("Close the program that has the file open (a database browser, a backup) and run the command again.")
	default:
		return fault.New(fault.Storage, "ledger.failed", "the ledger cannot be read or written").At(path).Because(err).
			Do("Check the disk (the system log tells of read and write errors) and run the command again.")
	}
}

func unwritable(path string, err error) error {
	return fault.New(fault.Storage, "ledger.unwritable", "the data directory cannot be written").At(path).Because(err).
		Do("Give this user the right to write there, or name another data_dir in freshet.yaml.")
}

func damaged(path string, err error) *fault.Fault {
	return fault.New(fault.Storage, "ledger.damaged", "the ledger is damaged or is not a ledger").At(path).Because(err).
		Do("Put the file aside with its -wal and -shm and restore all three from one backup. Without a backup, " +
			"`sqlite3 ledger.db .recover | sqlite3 new.db` saves what can be read.")
}

func older(path string) error {
	return fault.New(fault.Storage, "ledger.older", "the ledger was written by an earlier version of Freshet").At(path).
		Do("The next freshet plan or freshet run brings it up to date; nothing in it is lost.")
}

func newer(path string) error {
	return fault.New(fault.Storage, "ledger.newer", "the ledger was written by a newer version of Freshet").At(path).
		Do("Install that version or a later one; this one would not understand what it finds.")
}

func absent(path string) error {
	return fault.New(fault.Usage, "ledger.absent", "nothing has run in this workspace yet").At(path).
		Do("Run a sync first: freshet run SYNC.")
}
