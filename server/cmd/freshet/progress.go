package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/freshet/freshet/server/control"
)

// progress keeps one line on a terminal up to date. Elsewhere it is silent.
type progress struct {
	mu    sync.Mutex
	to    io.Writer // nil: silent
	last  time.Time
	stage string
	shown bool
}

const refresh = 100 * time.Millisecond

func (a *app) newProgress() *progress {
	p := &progress{}
	if a.errTerminal && !a.json {
		p.to = a.err
	}
	return p
}

func (p *progress) event(e control.Event) {
	if p.to == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if e.Stage == p.stage && time.Since(p.last) < refresh {
		return
	}
	p.last, p.stage, p.shown = time.Now(), e.Stage, true
	fmt.Fprintf(p.to, "\r\x1b[K%s", describe(e))
}

func describe(e control.Event) string {
	s := e.Sync + "  " + e.Stage
	switch {
	case e.Total > 0:
		s += fmt.Sprintf("  %s of %s (%d %%)", count(e.Done), count(e.Total), e.Done*100/e.Total)
	case e.Done > 0:
		s += "  " + count(e.Done)
	}
	if e.Note != "" {
		s += "  " + clean(e.Note)
	}
	return s
}

// before gives a writer that takes the line away first: what is printed begins on a clean line.
func (p *progress) before(w io.Writer) io.Writer { return cleared{p, w} }

type cleared struct {
	p *progress
	w io.Writer
}

func (c cleared) Write(b []byte) (int, error) {
	c.p.clear()
	return c.w.Write(b)
}

// clear takes the line away.
func (p *progress) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shown {
		fmt.Fprint(p.to, "\r\x1b[K")
	}
	p.shown = false
}
