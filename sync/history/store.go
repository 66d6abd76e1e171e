package history

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
)

const (
	ending = ".parquet"
	part   = ".part" // a file being written; one that is found belongs to a process that died
)

// Store is a folder of history: one folder for every sync, with a file for every run, and one for every feed. It serves
// many goroutines; only one process at a time may write.
type Store struct {
	dir     string
	writing sync.Mutex

	opening sync.Mutex
	feeds   map[string]*Raw
}

// New is the history in a folder, which is made by the first Write.
func New(dir string) *Store { return &Store{dir: dir} }

func (s *Store) folder(sync string) string { return filepath.Join(s.dir, "sync-"+safe(sync)) }

func (s *Store) file(sync string, run model.RunID) string {
	return filepath.Join(s.folder(sync), safe(string(run))+ending)
}

// safe is a file name for any text, different for different texts even where capitals do not count: a-z, 0-9, "_" and
// "-" stay, every other byte becomes "=" and two hex digits. Names too long for a file system end in a hash.
func safe(name string) string {
	const digits, longest = "0123456789abcdef", 180
	var b strings.Builder
	for i := range len(name) {
		c := name[i]
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_' || c == '-' {
			b.WriteByte(c)
		} else {
			b.WriteString(string([]byte{'=', digits[c>>4], digits[c&15]}))
		}
	}
	if b.Len() > longest {
		return b.String()[:longest] + "==" + digest(name)
	}
	return b.String()
}

// files lists a sync's finished files by name; none where nothing was written.
func (s *Store) files(sync string) ([]string, error) {
	return s.list(sync, ending)
}

func (s *Store) list(sync, suffix string) ([]string, error) {
	entries, err := os.ReadDir(s.folder(sync))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, unreadable(s.folder(sync), err)
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() && strings.HasSuffix(e.Name(), suffix) {
			names = append(names, filepath.Join(s.folder(sync), e.Name()))
		}
	}
	slices.Sort(names)
	return names, nil
}

func unreadable(path string, err error) error {
	return fault.New(fault.Storage, "history.unreadable", "the history cannot be read").At(path).Because(err).
		Do("Give this user the right to read there. A damaged file can be put aside: nothing but trace needs it.")
}

func unwritable(path string, err error) error {
	return fault.New(fault.Storage, "history.unwritable", "the history cannot be written").At(path).Because(err).
		Do("Check that the disk has room and that this user may write there; the next run writes what is missing.")
}
