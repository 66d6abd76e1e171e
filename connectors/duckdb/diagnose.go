package duckdbsource

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"time"

	"github.com/freshet/freshet/sync/fault"
)

const locked = "duckdb.locked"

var _ = time.Second

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
	if pid, held := holder(path, attach); held {
		return inUse(path, pid)
	}
	return fault.New(fault.Source, "duckdb.unreadable", "the DuckDB file "+path+" cannot be opened").Because(attach).
		Do(fmt.Sprintf("Its storage version is %d. Where a newer DuckDB made it, write it again with ATTACH ... (STORAGE_VERSION 'v1.0.0') and COPY FROM DATABASE; where it is damaged, restore it.", header.version))
}

func inUse(path, pid string) *fault.Fault {
	who := "another process"
	if pid != "" {
		who = "process " + pid
	}
	return fault.New(fault.Source, locked, "the DuckDB file "+path+" is open for writing in "+who).
		Do("Run again when it has finished or closed the file; DuckDB lets a file be written by one process or read by many. Or read a copy of the file.")
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

// holder finds the process that holds the file, as DuckDB names it.
func holder(path string, attach error) (pid string, held bool) {
	if found := pidText.FindStringSubmatch(attach.Error()); found != nil {
		return found[1], true
	}
	return "", false
}
