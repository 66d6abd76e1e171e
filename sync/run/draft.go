package run

import (
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
	for _, f := range append(d.spills, d.file) {
		name := f.Name()
		if f != d.file {
			f.Close()
		}
		_ = os.Remove(name)
	}
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
	if err := os.Rename(d.file.Name(), out); err != nil {
		return nil, storage(err, out)
	}
	d.file.Close()
	if err := syncDir(filepath.Dir(out)); err != nil {
		return nil, storage(err, out)
	}
	return openPlan(out)
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
