package run

import (
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/plan"
)

// draft is a plan file that is being written; it is kept under its own hash or not at all.
type draft struct {
	dir    string
	file   *os.File
	spills []*os.File
	kept   bool // the file has its name, and is its reader's
}

func newDraft(dir string) (*draft, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, storage(err, dir)
	}
	f, err := os.CreateTemp(dir, "draft-*.part")
	if err != nil {
		return nil, storage(err, dir)
	}
	return &draft{dir: dir, file: f}, nil
}

func (d *draft) spill() (plan.Spill, error) {
	f, err := os.CreateTemp(d.dir, "draft-*.spill")
	if err != nil {
		return nil, storage(err, d.dir)
	}
	d.spills = append(d.spills, f)
	return f, nil
}

// discard removes what is only needed while the plan is made. After keep the file itself has another name.
func (d *draft) discard() {
	for _, f := range d.spills {
		f.Close()
		_ = os.Remove(f.Name())
	}
	if !d.kept {
		d.file.Close()
		_ = os.Remove(d.file.Name())
	}
}

// sameKept opens the plan of the same hash that waits already under this name: a held plan keeps its age while its source stays as it
// is. nil: there is none.
func sameKept(path string, s plan.Summary) *planFile {
	if s.Keys > 0 || !plan.Held(s.Guards) {
		return nil
	}
	kept, err := openPlan(path)
	if err != nil {
		return nil
	}
	if kept.Summary().Hash != s.Hash {
		kept.Close()
		return nil
	}
	return kept
}

// keep makes the plan durable under its final name and opens it for reading.
func (d *draft) keep(out string, s plan.Summary) (*planFile, error) {
	if err := d.file.Sync(); err != nil {
		return nil, storage(err, d.dir)
	}
	if out == "" {
		short := strings.TrimPrefix(s.Hash, "sha256:")
		out = filepath.Join(d.dir, safe(s.Sync)+"-"+short[:min(16, len(short))]+".plan")
	}
	if kept := sameKept(out, s); kept != nil {
		return kept, nil
	}
	if err := os.Rename(d.file.Name(), out); err != nil {
		return nil, storage(err, out)
	}
	d.kept = true
	if err := syncDir(filepath.Dir(out)); err != nil {
		d.file.Close()
		return nil, storage(err, out)
	}
	if s.Keys == 0 {
		d.file.Close()
		return openPlan(out) // reads all of it again, as what is believed from now on
	}
	size, err := d.file.Seek(0, io.SeekEnd)
	if err != nil {
		d.file.Close()
		return nil, storage(err, out)
	}
	file, err := readPlan(d.file, out, size)
	if err != nil {
		d.file.Close()
		return nil, placedAt(out, err)
	}
	return file, nil
}

func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

func storage(err error, where string) error {
	return fault.New(fault.Storage, "run.storage", "the data directory cannot be written").At(where).
		Do("check that it exists, belongs to you and has space left").Because(err)
}

// safe makes a sync's name a file name.
func safe(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '/' || r == '\\' || r == os.PathSeparator || r < ' ' {
			return '_'
		}
		return r
	}, name)
}
