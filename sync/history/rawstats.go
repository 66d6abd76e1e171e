package history

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const rawPrefix = "feed-"

// RawStats is what the raw history of a feed holds and takes. An event that was kept twice counts twice until its files
// are merged.
type RawStats struct {
	Files    int
	Events   int64
	Bytes    int64     // on the disk
	RawBytes int64     // of keys, values and headers, as they came
	Oldest   time.Time // by the events' own time; zero where there are none
	Newest   time.Time
}

// FeedStats is the raw history of one feed.
type FeedStats struct {
	Feed string
	RawStats
}

// Stats tells what is kept, from the names of the files alone. It may be asked beside a process that writes.
func (r *Raw) Stats() (RawStats, error) { return rawStats(r.dir) }

// Raws tells what is kept of every feed that has a raw history, whether the workspace still has the feed or not.
func (s *Store) Raws() ([]FeedStats, error) {
	entries, err := os.ReadDir(s.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, rawUnreadable(s.dir, err)
	}
	var list []FeedStats
	for _, e := range entries {
		name, ours := strings.CutPrefix(e.Name(), rawPrefix)
		if !ours || !e.IsDir() {
			continue
		}
		stats, err := rawStats(filepath.Join(s.dir, e.Name()))
		if err != nil {
			return nil, err
		}
		list = append(list, FeedStats{unsafe(name), stats})
	}
	return list, nil
}

func rawStats(dir string) (RawStats, error) {
	all, err := segments(dir)
	if err != nil {
		return RawStats{}, err
	}
	live, _ := counted(all)
	var t RawStats
	for _, s := range live {
		if err := t.add(dir, s); err != nil {
			return RawStats{}, err
		}
	}
	return t, nil
}

// add counts a file, unless it has gone meanwhile.
func (t *RawStats) add(dir string, s segment) error {
	info, err := os.Stat(filepath.Join(dir, s.name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return rawUnreadable(filepath.Join(dir, s.name), err)
	}
	t.sum(RawStats{Files: 1, Events: s.events, Bytes: info.Size(), RawBytes: s.raw,
		Oldest: time.UnixMilli(s.from).UTC(), Newest: time.UnixMilli(s.to).UTC()})
	return nil
}

func (t *RawStats) sum(more RawStats) {
	if t.Files == 0 || more.Oldest.Before(t.Oldest) {
		t.Oldest = more.Oldest
	}
	if t.Files == 0 || more.Newest.After(t.Newest) {
		t.Newest = more.Newest
	}
	t.Files += more.Files
	t.Events += more.Events
	t.Bytes += more.Bytes
	t.RawBytes += more.RawBytes
}

// unsafe is the text that safe made a file name of; the name itself where it was too long to tell.
func unsafe(name string) string {
	var b strings.Builder
	for i := 0; i < len(name); i++ {
		if name[i] != '=' {
			b.WriteByte(name[i])
			continue
		}
		n, err := strconv.ParseUint(name[min(i+1, len(name)):min(i+3, len(name))], 16, 8)
		if err != nil {
			return name
		}
		b.WriteByte(byte(n))
		i += 2
	}
	return b.String()
}
