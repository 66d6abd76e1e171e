package kafka

import (
	"context"
	"time"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/model"
)

const (
	restWatch  = time.Second // between two looks at least, however many ask for one
	secondLook = 2           // looks in a row that must find the end before our position
)

// watch looks at the partitions from time to time, and when something is wrong with one. What the library resolves by
// itself, it resolves in silence; so ids, beginnings and ends are compared with ours here.
func (st *stream) watch() {
	defer close(st.watched)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-st.done:
			cancel()
		case <-ctx.Done():
		}
	}()
	tick := time.NewTicker(min(st.source.watch, st.source.patience))
	defer tick.Stop()
	for {
		select {
		case <-st.done:
			return
		case <-tick.C:
		case <-st.kick:
		}
		st.inspect(ctx)
		st.outcast()
		_ = pause(ctx, min(restWatch, st.source.watch, st.source.patience))
	}
}

func (st *stream) inspect(ctx context.Context) {
	want := st.reading()
	seen, err := st.see(ctx, want)
	if len(want) == 0 { // nothing is ours now; whether we are still let in is worth knowing all the same
		err = st.source.ping(ctx)
	}
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		st.unseen(want, err)
		return
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	clear(st.books.away)
	for _, at := range want {
		if p, ours := st.books.reads(at); ours {
			st.compare(at, p, seen[at])
		}
	}
}

// reading lists the partitions that events are handed out of.
func (st *stream) reading() (out []place) {
	st.mu.Lock()
	defer st.mu.Unlock()
	for at := range st.books.parts {
		if _, ours := st.books.reads(at); ours {
			out = append(out, at)
		}
	}
	return out
}

// unseen: nobody answers. Being refused ends the stream; anything else passes.
func (st *stream) unseen(want []place, err error) {
	f := explain(err)
	if refused(err) != nil {
		st.fail(f)
		return
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	for _, at := range want {
		if p, ours := st.books.reads(at); ours {
			st.darken(at, p, f.Message)
		}
	}
	for at, position := range st.books.away {
		if !st.books.dark[at] {
			st.books.dark[at] = true
			st.tell(connect.StreamNote{Kind: connect.Unreadable, Position: position, Message: f.Message})
		}
	}
	st.look() // the first answer is to be noticed soon
}

// compare finds what a look says against what we have. The caller holds mu.
func (st *stream) compare(at place, p *part, s sight) {
	switch {
	case s.gone:
		st.darken(at, p, "the topic, or the partition in it, is not there any more")
		return
	case !same(p.id, s.id):
		st.halt(at, connect.Recreated, model.Position{TopicID: s.id, Next: s.start, Epoch: -1})
		return
	case !s.led || s.end < 0:
		if p.blind++; p.blind >= secondLook {
			st.darken(at, p, "the partition has no leader that answers now")
		}
		st.look()
		return
	}
	p.blind = 0
	if p.suspect && st.outside(at, p, s) {
		return
	}
	if s.end < p.next {
		if p.broken++; p.broken >= secondLook {
			st.halt(at, connect.Truncated, model.Position{TopicID: s.id, Next: s.end, Epoch: -1})
			return
		}
		st.look()
		return
	}
	p.broken = 0
	st.stuck(at, p, s)
	if p.held {
		st.release(at, p) // it is tried again; a batch that comes says that it can be read
		return
	}
	if p.dark && s.end == p.next {
		st.readable(at, p)
	}
}

// outside decides about a position that the broker says is not in its log. It says whether that settled it.
func (st *stream) outside(at place, p *part, s sight) bool {
	if p.fresh && s.start >= 0 { // where a feed begins by itself there is nothing to lose
		p.next, p.suspect = s.start, false
		st.anew(p)
		return true
	}
	kind, found := s.misfit(p, true)
	switch {
	case kind != connect.Assigned:
		st.halt(at, kind, found)
		return true
	case p.epoch >= 0 && !s.asked: // whether our epoch reaches our position is not known yet
		st.look()
		return true
	case p.epoch < 0 && s.start >= 0 && s.start < p.next: // it was outside and is not, so others may stand before it now
		st.halt(at, connect.Truncated, model.Position{TopicID: s.id, Next: s.end, Epoch: -1})
		return true
	}
	return false
}
