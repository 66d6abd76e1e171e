package supervise

import (
	"context"

	"github.com/freshet/freshet/sync/ledger"
)

// notes are what a live sync has found out and the ledger does not know yet. They are written down beside the making of the
// next plan, and in the order in which they came: one write at a time.
type notes struct {
	next    ledger.LiveNote
	last    ledger.LiveNote // being written
	writing chan error      // nil: nothing is
	seq     int64           // of the newest change that the ledger knows to be taken in
}

// note begins to write down what was found out.
func (l *Live) note(ctx context.Context) {
	n := &l.notes
	if n.writing != nil || n.next.Empty() && l.seq == n.seq {
		return
	}
	n.next.Live = ledger.Live{Seq: l.seq, Made: l.made}
	if l.owed {
		n.next.Live.Made = ""
	}
	n.last, n.next = n.next, ledger.LiveNote{}
	n.writing = make(chan error, 1)
	go func(done chan<- error, note ledger.LiveNote) {
		done <- l.Runner.Ledger.NoteLive(context.WithoutCancel(ctx), l.ref, note)
	}(n.writing, n.last)
}

// noted waits until what note began to write is durable. Where that failed it is to be written again.
func (l *Live) noted() error {
	n := &l.notes
	if n.writing == nil {
		return nil
	}
	err := <-n.writing
	n.writing = nil
	if err != nil {
		n.next = n.last.And(n.next)
		return err
	}
	n.seq = n.last.Live.Seq
	return nil
}

// keep writes everything down.
func (l *Live) keep(ctx context.Context) error {
	if err := l.noted(); err != nil {
		return err
	}
	l.note(ctx)
	return l.noted()
}
