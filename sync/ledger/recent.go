package ledger

import (
	"context"
	"sync"

	"github.com/freshet/freshet/sync/model"
)

// recentBytes is how much of the newest changes is remembered.
const recentBytes = 4 << 20

// recent remembers the newest changes with their rows, so that live syncs that keep up, however many they are, do not read
// back what has just been written. It has no gap: whoever asks for older ones reads the file.
type recent struct {
	mu    sync.Mutex
	list  []FeedChange
	bytes int
}

func (r *recent) add(changes []FeedChange) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range changes {
		r.bytes += changes[i].size()
	}
	r.list = append(r.list, changes...)
	drop := 0
	for r.bytes > recentBytes && drop < len(r.list) {
		r.bytes -= r.list[drop].size()
		drop++
	}
	clear(r.list[:drop])
	r.list = r.list[drop:]
}

// since gives the changes after seq; ok is false where they are not all remembered.
func (r *recent) since(seq int64, limit, most int) (list []FeedChange, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.list) == 0 || seq < r.list[0].Seq-1 {
		return nil, false
	}
	rest := r.list[min(seq-r.list[0].Seq+1, int64(len(r.list))):]
	n, bytes := 0, 0
	for n < len(rest) && n < limit && bytes < most {
		bytes += rest[n].size()
		n++
	}
	return append(list, rest[:n]...), true
}

func (c *FeedChange) size() int { return 120 + len(c.Key) + len(c.Before) + len(c.After) }

// remember hands the changes of a batch over to the recent ones once they are durable.
func (t *tx) remember(ref FeedRef, b *FeedBatch, to *recent) error {
	if len(b.Changes) == 0 {
		return nil
	}
	last, _, err := t.one(`SELECT last_insert_rowid()`)
	if err != nil {
		return err
	}
	rows := make(map[model.Key][]byte, len(b.Rows))
	for _, r := range b.Rows {
		if !r.Gone {
			rows[r.Key] = r.Row
		}
	}
	changes := make([]FeedChange, len(b.Changes))
	for i, c := range b.Changes {
		c.Seq, c.Feed, c.After = last-int64(len(b.Changes)-1-i), ref, rows[c.Key]
		changes[i] = c
	}
	t.after = append(t.after, func() { to.add(changes) })
	return nil
}

// Changes lists changes after seq, oldest first, each with the row as it became or as it has become since: at most limit of
// them, and about most bytes.
func (l *Ledger) Changes(ctx context.Context, after int64, limit, most int) ([]FeedChange, error) {
	if list, ok := l.recent.since(after, limit, most); ok {
		return list, nil
	}
	list, err := l.changesKept(ctx, after, limit, most)
	if err != nil {
		return nil, err
	}
	return l.filled(ctx, list, most)
}

// filled reads the rows as they are now, those of one feed together, and leaves out at the end what would be too much.
func (l *Ledger) filled(ctx context.Context, list []FeedChange, most int) ([]FeedChange, error) {
	bytes := 0
	for from := 0; from < len(list); {
		to := from + 1
		for to < len(list) && to-from < fillTogether && list[to].Feed == list[from].Feed {
			to++
		}
		keys := make([]model.Key, 0, to-from)
		for _, c := range list[from:to] {
			keys = append(keys, c.Key)
		}
		rows, err := l.FeedRows(ctx, list[from].Feed, keys)
		if err != nil {
			return nil, err
		}
		for i := from; i < to; i++ {
			if row, there := rows[list[i].Key]; there && !row.Gone {
				list[i].After = row.Row
			}
			bytes += list[i].size()
		}
		if from = to; bytes > most {
			return list[:to], nil
		}
	}
	return list, nil
}

// fillTogether is how many rows are read before their bytes are looked at.
const fillTogether = 64
