package ledger

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
)

// groupLimit is how many waiting writes one transaction takes at most, so that the first never waits long.
const groupLimit = 256

// tx is the transaction a write works in. A write first checks, then changes: it may refuse with a fault only while it
// has changed nothing, because the transaction is shared with the other writes of its group.
type tx struct {
	*conn
	moved map[SyncRef]*tally
	known *memory
	head  string   // path of the file that keeps the end of the audit log
	after []func() // what is to be done once the transaction is durable, before anybody hears of it
}

// memory is what the writer remembers from one transaction to the next, because nobody else changes it.
type memory struct {
	runs  map[model.RunID]int64 // the numbers of runs
	place int64                 // the last place given in payloads, 0 before the first is asked for
}

// write is one caller waiting for its change to be durable.
type write struct {
	change func(*tx) error
	done   chan error
}

// writer is the one goroutine that changes the file. Whatever waits when a transaction begins goes into it together,
// so that many callers share one sync to the disk.
type writer struct {
	path  string
	conn  *conn
	queue chan *write // unbuffered: a write handed over is a write the goroutine will answer
	quit  chan struct{}
	ended chan struct{}
	stop  sync.Once
	known *memory

	took atomic.Pointer[func(time.Duration)] // is told how long each transaction took

	broken error // the first write that failed; only the goroutine touches it until ended is closed
}

func startWriter(path string, c *conn) *writer {
	w := &writer{path: path, conn: c, queue: make(chan *write), quit: make(chan struct{}), ended: make(chan struct{}),
		known: &memory{runs: map[model.RunID]int64{}}}
	go w.work()
	return w
}

// do hands a change over and waits until it is durable. Once handed over it is waited for even where ctx ends, because
// it happens all the same.
func (w *writer) do(ctx context.Context, change func(*tx) error) error {
	r := &write{change: change, done: make(chan error, 1)}
	select {
	case w.queue <- r:
		return <-r.done
	case <-ctx.Done():
		return ctx.Err()
	case <-w.quit:
		return fault.New(fault.Internal, "ledger.closed", "the ledger is closed").At(w.path)
	}
}

// OnCommit has somebody told how long every transaction took until it was durable.
func (l *Ledger) OnCommit(took func(time.Duration)) { l.writer.took.Store(&took) }

// close ends the goroutine after the writes it has taken.
func (w *writer) close() {
	w.stop.Do(func() { close(w.quit) })
	<-w.ended
}

func (w *writer) work() {
	defer close(w.ended)
	group := make([]*write, 0, groupLimit)
	for {
		select {
		case first := <-w.queue:
			group = w.gather(append(group[:0], first))
			w.commit(group)
		case <-w.quit:
			return
		}
	}
}

func (w *writer) gather(group []*write) []*write {
	for len(group) < groupLimit {
		select {
		case next := <-w.queue:
			group = append(group, next)
		default:
			return group
		}
	}
	return group
}

// commit makes a group's changes durable and answers each. After a write or a sync has failed nothing is tried again:
// what the file then holds is for the next opening to find out.
func (w *writer) commit(group []*write) {
	answers := make([]error, len(group))
	began := time.Now()
	err := w.broken
	if err == nil {
		if err = explain(w.transact(group, answers), w.path); err != nil && !isBusy(err) {
			w.broken = err
		}
		if took := w.took.Load(); took != nil {
			(*took)(time.Since(began))
		}
	}
	for i, r := range group {
		if err != nil {
			answers[i] = err
		}
		r.done <- answers[i]
	}
}

func isBusy(err error) bool { return fault.As(err).Kind == fault.Busy }

func (w *writer) transact(group []*write, answers []error) error {
	if _, err := w.conn.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	t := &tx{conn: w.conn, moved: map[SyncRef]*tally{}, known: w.known, head: headPath(w.path)}
	err := t.apply(group, answers)
	if err == nil {
		err = t.keepCounts()
	}
	if err == nil {
		_, err = w.conn.exec("COMMIT")
	}
	if err != nil && !w.conn.lite.AutoCommit() {
		_, _ = w.conn.exec("ROLLBACK")
	}
	if err == nil {
		for _, do := range t.after {
			do()
		}
	}
	return err
}

// apply runs the changes; a refusal answers its own caller, any other failure ends the group.
func (t *tx) apply(group []*write, answers []error) error {
	for i, r := range group {
		err := r.change(t)
		var refusal *fault.Fault
		if err != nil && !errors.As(err, &refusal) {
			return err
		}
		answers[i] = err
	}
	return nil
}
