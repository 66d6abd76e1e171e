package supervise

import (
	"context"

	"github.com/freshet/freshet/sync/engine"
	"github.com/freshet/freshet/sync/ledger"
)

// collect marks the keys that changes and time lead to, and begins to write that down. full says that there are more
// changes.
func (l *Live) collect(ctx context.Context) (full bool, err error) {
	if err := l.noted(); err != nil {
		return false, err
	}
	changes, err := l.Runner.Ledger.Changes(ctx, l.seq, changesATurn, bytesATurn)
	if err != nil {
		return false, err
	}
	found, err := l.reached(ctx, changes)
	if err != nil {
		return false, err
	}
	due, err := l.due(ctx)
	if err != nil {
		return false, err
	}
	l.rules.changed = l.rules.changed || len(changes)+len(due) > 0
	if l.owed = l.waiting.all()+len(found)+len(due) > mostKeys; l.owed {
		return false, nil
	}
	for _, d := range due {
		found = append(found, ledger.Mark{Key: d.Key})
	}
	l.notes.next.Come = append(l.notes.next.Come, due...)
	if len(changes) > 0 {
		l.seq = changes[len(changes)-1].Seq
	}
	for _, m := range found {
		if l.waiting.mark(m.Key, m.At) {
			l.notes.next.Marks = append(l.notes.next.Marks, m)
		}
	}
	l.note(ctx)
	return len(changes) == changesATurn || size(changes) >= bytesATurn, nil
}

// due are the keys whose time has come.
func (l *Live) due(ctx context.Context) ([]ledger.Due, error) {
	if !l.Scope.Timed() {
		return nil, nil
	}
	return l.Runner.Ledger.DueKeys(ctx, l.ref, l.Now(), changesATurn)
}

func size(changes []ledger.FeedChange) (n int) {
	for _, c := range changes {
		n += len(c.Before) + len(c.After)
	}
	return n
}

// reached finds the model's keys that changed rows lead to, from each row before and after.
func (l *Live) reached(ctx context.Context, changes []ledger.FeedChange) ([]ledger.Mark, error) {
	var marks []ledger.Mark
	for _, table := range l.Feeds {
		ref, t := table()
		var images []engine.Image
		for _, c := range changes {
			if c.Feed != ref {
				continue
			}
			if c.Before != nil {
				images = append(images, engine.Image{Row: c.Before, At: c.At})
			}
			if c.After != nil {
				images = append(images, engine.Image{Row: c.After, At: c.At})
			}
		}
		found, err := l.Job.Engine.Reaches(ctx, l.Scope, t, images, mostKeys+1)
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			marks = append(marks, ledger.Mark{Key: f.Key, At: f.At})
		}
	}
	return marks, nil
}
