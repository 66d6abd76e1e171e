package duckdbsource

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"

	"github.com/freshet/freshet/sync/fault"
)

const locked = "duckdb.locked"

// newestStorage is the newest storage version that the engine's DuckDB writes.
const newestStorage = 68

// diagnose finds out why the file could not be attached, from the file itself: DuckDB has one code for all of it.
func diagnose(path string, attach error) *fault.Fault {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return missing(path)
	case errors.Is(err, fs.ErrPermission):
		return forbidden(path)
	case err == nil && info.IsDir():
		return fault.New(fault.Usage, "duckdb.folder", path+" is a folder, not a DuckDB file").
			Do("Set path to the database file itself.")
	}
	return unreadable(path, attach)
}

func missing(path string) *fault.Fault {
	return fault.New(fault.Usage, "duckdb.missing", "there is no file "+path).
		Do("Check the path; a relative path is taken from the workspace's folder.")
}

func forbidden(path string) *fault.Fault {
	return fault.New(fault.Source, "duckdb.forbidden", "the file "+path+" may not be read").
		Do("Give the user that runs Freshet permission to read the file and to enter its folder.")
}

func unreadable(path string, attach error) *fault.Fault {
	header, err := readHeader(path)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return forbidden(path)
	case err != nil, !header.duckdb:
		return fault.New(fault.Usage, "duckdb.not_a_database", path+" is not a DuckDB database file").
			Do("Set path to a file made by DuckDB. CSV, Parquet and JSON files are read by a source of type files.")
	}
	if pid := holder(attach); pid != "" {
		return inUse(path, pid)
	}
	if header.version > newestStorage {
		return fault.New(fault.Source, "duckdb.newer", fmt.Sprintf("the DuckDB file %s has storage version %d; this program reads up to %d", path, header.version, newestStorage)).
			Do("Update Freshet, or let the newer DuckDB write a copy with ATTACH 'copy.duckdb' (STORAGE_VERSION 'v1.5.0') and COPY FROM DATABASE.")
	}
	return fault.New(fault.Source, "duckdb.unreadable", "the DuckDB file "+path+" cannot be opened").Because(attach).
		Do("Open it with the duckdb program: if that fails too, the file is damaged, and a copy of it must be restored.")
}

func inUse(path, pid string) *fault.Fault {
	return fault.New(fault.Source, locked, "the DuckDB file "+path+" is open for writing in process "+pid).
		Do("Run again when that process has closed the file, or read a copy of it: DuckDB lets a file be written by one process or read by many.")
}

// header is the start of a DuckDB file: a checksum of 8 bytes, the letters DUCK, the storage version.
type header struct {
	duckdb  bool
	version uint64
}

func readHeader(path string) (header, error) {
	f, err := os.Open(path)
	if err != nil {
		return header{}, err
	}
	defer f.Close()
	start := make([]byte, 20)
	if _, err := io.ReadFull(f, start); err != nil {
		return header{}, err
	}
	return header{duckdb: string(start[8:12]) == "DUCK", version: binary.LittleEndian.Uint64(start[12:])}, nil
}

var pidText = regexp.MustCompile(`PID (\d+)`)

// holder is the process that holds the file, "" where none does. DuckDB names it in its words only.
func holder(attach error) string {
	if found := pidText.FindStringSubmatch(attach.Error()); found != nil {
		return found[1]
	}
	return ""
}
