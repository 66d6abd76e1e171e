package history

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// segment is one file of a feed's history, as its name tells it: nothing else has to be opened to know what it covers.
//
// Every flush has a number. A file holds the flushes from first to last; files that were merged or rewritten give way
// to one that covers them. So the moment the new file has its name is the moment the old ones do not count any more,
// however long they lie about.
type segment struct {
	first, last int64 // the flushes in it
	rewritten   int64 // how often events were erased from it
	written     int64 // when the newest of its flushes was written, in milliseconds
	from, to    int64 // the events' own times, both included, in milliseconds
	events      int64
	raw         int64  // bytes of keys, values and headers
	footer      uint32 // CRC-32C of the footer
	whole       uint32 // CRC-32C of the file
	name        string // as it is on the disk, "" for a file that is being written
}

const writtenAt = "20060102T150405.000Z"

var segmentName = regexp.MustCompile(`^(\d{8}T\d{6}\.\d{3}Z)_(\d+)-(\d+)\.(\d+)_(-?\d+)to(-?\d+)_(\d+)e_(\d+)b_([0-9a-f]{8})-([0-9a-f]{8})\.parquet$`)

// fileName is when it was written, the flushes, the time of its events, how many they are and their size, and two
// checksums.
func (s segment) fileName() string {
	return fmt.Sprintf("%s_%d-%d.%d_%dto%d_%de_%db_%08x-%08x%s", time.UnixMilli(s.written).UTC().Format(writtenAt),
		s.first, s.last, s.rewritten, s.from, s.to, s.events, s.raw, s.footer, s.whole, ending)
}

func parseSegment(name string) (segment, bool) {
	m := segmentName.FindStringSubmatch(name)
	if m == nil {
		return segment{}, false
	}
	s := segment{name: name}
	written, err := time.Parse(writtenAt, m[1])
	s.written = written.UnixMilli()
	for i, field := range []*int64{&s.first, &s.last, &s.rewritten, &s.from, &s.to, &s.events, &s.raw} {
		var bad error
		*field, bad = strconv.ParseInt(m[i+2], 10, 64)
		err = errors.Join(err, bad)
	}
	footer, bad := strconv.ParseUint(m[9], 16, 32)
	whole, worse := strconv.ParseUint(m[10], 16, 32)
	s.footer, s.whole = uint32(footer), uint32(whole)
	return s, errors.Join(err, bad, worse) == nil && s.first <= s.last
}

// replaces says whether the other file does not count because this one is there.
func (s segment) replaces(other segment) bool {
	if s.first > other.first || s.last < other.last {
		return false
	}
	return s.last-s.first > other.last-other.first || s.rewritten > other.rewritten
}

// counted parts files into those that count, in the order of their flushes, and those that others have replaced.
func counted(all []segment) (live, replaced []segment) {
	slices.SortFunc(all, func(a, b segment) int {
		return cmp.Or(cmp.Compare(a.first, b.first), cmp.Compare(b.last, a.last), cmp.Compare(b.rewritten, a.rewritten),
			cmp.Compare(a.name, b.name))
	})
	for _, s := range all {
		if len(live) > 0 && live[len(live)-1].replaces(s) {
			replaced = append(replaced, s)
		} else {
			live = append(live, s)
		}
	}
	return live, replaced
}

// segments lists a folder's files. A file may take the place of others while the folder is read, and then neither is
// seen; so it is read until two readings agree.
func segments(dir string) ([]segment, error) {
	var before []string
	for first := true; ; first = false {
		names, err := fileNames(dir, ending)
		if err != nil {
			return nil, rawUnreadable(dir, err)
		}
		if !first && slices.Equal(before, names) {
			break
		}
		before = names
	}
	var list []segment
	for _, name := range before {
		if s, ok := parseSegment(name); ok {
			list = append(list, s)
		}
	}
	return list, nil
}

// fileNames lists the files of a folder that end so, sorted; none where there is no folder.
func fileNames(dir, suffix string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() && strings.HasSuffix(e.Name(), suffix) {
			names = append(names, e.Name())
		}
	}
	return names, err
}

// remove takes files away for good: they do not come back with the power.
func remove(dir string, names []string) error {
	if len(names) == 0 {
		return nil
	}
	var failed error
	for _, name := range names {
		if err := os.Remove(filepath.Join(dir, name)); !errors.Is(err, fs.ErrNotExist) {
			failed = errors.Join(failed, err)
		}
	}
	return errors.Join(failed, syncPath(dir))
}

func namesOf(list []segment) []string {
	names := make([]string, len(list))
	for i, s := range list {
		names[i] = s.name
	}
	return names
}
