package run

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/freshet/freshet/sync/plan"
)

// HeldPlan is a plan that waits until somebody approves it.
type HeldPlan struct {
	Hash string
	Made time.Time
	Why  []string // a sentence for every guard that holds it
}

// Waiting finds the newest held plan of a sync that was made against the ledger's records as they are: their generation
// is base. dir is the data directory. Only the summaries of plans are read: approving one reads all of it.
func Waiting(dir, sync string, base int64) (found HeldPlan, ok bool) {
	names, _ := filepath.Glob(filepath.Join(dir, "plans", "*.plan"))
	for _, name := range names {
		s, made, err := summaryOf(name)
		if err != nil || s.Sync != sync || s.Base != base || !plan.Held(s.Guards) || ok && made.Before(found.Made) {
			continue // a plan may go this very moment, and a damaged one can be approved by nobody
		}
		found, ok = HeldPlan{Hash: s.Hash, Made: made}, true
		for _, v := range s.Guards {
			if v.Held {
				found.Why = append(found.Why, v.Says)
			}
		}
	}
	return found, ok
}

// keepNewest keeps a held plan where its approval finds it, and removes those of its sync that it takes the place of: their rows have
// moved, so that approving them would be refused. Only a run does this, which nobody else on the sync is beside.
func (r *Runner) keepNewest(ctx context.Context, file *planFile) error {
	path, err := r.adopt(file)
	if err != nil {
		return err
	}
	return r.discard(ctx, file.Summary().Sync, func(name string, s plan.Summary) bool { return name != path && plan.Held(s.Guards) })
}

func summaryOf(path string) (plan.Summary, time.Time, error) {
	f, err := os.Open(path)
	if err != nil {
		return plan.Summary{}, time.Time{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return plan.Summary{}, time.Time{}, err
	}
	file, err := plan.Open(f, info.Size())
	if err != nil {
		return plan.Summary{}, time.Time{}, err
	}
	return file.Summary(), info.ModTime(), nil
}
