package supervise

import (
	"context"
	"sync"
	"time"
)

// Scheduler begins the runs of scheduled syncs at their times: one run of a sync at a time, whatever was missed once.
type Scheduler struct {
	// Run carries one run out. It is called from several goroutines, never twice at a time for one sync.
	Run func(ctx context.Context, sync string) Ended
	Now func() time.Time // the clock of the timetables; nil: the system's

	mu      sync.Mutex
	courses map[string]*course
	order   []*course
	lanes   lanes
	poke    chan struct{}
}

// clockLook is how often the clock is looked at, in case somebody puts it.
const clockLook = 30 * time.Second

// Add takes syncs on, at any time; one that is there already stays as it is.
func (s *Scheduler) Add(all ...Scheduled) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.prepare()
	for _, one := range all {
		if _, known := s.courses[one.Sync]; known {
			continue
		}
		c := newCourse(one, s.now())
		s.courses[one.Sync] = c
		s.order = append(s.order, c)
	}
	s.wake()
}

// prepare makes what the zero Scheduler lacks. The caller holds mu.
func (s *Scheduler) prepare() {
	if s.courses == nil {
		s.courses, s.poke = map[string]*course{}, make(chan struct{}, 1)
	}
	if s.Now == nil {
		s.Now = time.Now
	}
}

func (s *Scheduler) now() time.Time { return s.Now() }

func (s *Scheduler) wake() {
	select {
	case s.poke <- struct{}{}:
	default:
	}
}

// Serve begins runs until ctx ends, and returns when those under way have ended.
func (s *Scheduler) Serve(ctx context.Context) {
	s.mu.Lock()
	s.prepare()
	s.mu.Unlock()
	var working sync.WaitGroup
	defer working.Wait()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		for _, seat := range s.ready(ctx) {
			working.Go(func() { s.carryOut(ctx, seat) })
		}
		timer.Reset(s.rest())
		select {
		case <-timer.C:
		case <-s.poke:
		case <-ctx.Done():
			return
		}
	}
}

// ready begins what may begin now.
func (s *Scheduler) ready(ctx context.Context) []seat {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ctx.Err() != nil {
		return nil
	}
	now := s.now()
	var all []waiting
	for _, c := range s.order {
		if c.due(now) {
			all = append(all, waiting{c.Sync, c.Tier, c.next})
		}
	}
	begin := s.lanes.assign(all)
	for _, seat := range begin {
		s.courses[seat.sync].begin(now)
	}
	return begin
}

func (s *Scheduler) carryOut(ctx context.Context, seat seat) {
	ended := s.Run(ctx, seat.sync)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.courses[seat.sync].end(ended, s.now())
	s.lanes.free(seat.worker)
	s.wake()
}

// rest is how long nothing begins, unless a run ends before. What is due already waits for a worker, and so for an end.
func (s *Scheduler) rest() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, wait := s.now(), clockLook
	for _, c := range s.order {
		if until := c.next.Sub(now); !c.running && !c.never && until > 0 {
			wait = min(wait, until)
		}
	}
	return wait
}

// Next is when a sync's next run is to begin; ok is false where none follows, or it is under way.
func (s *Scheduler) Next(name string) (begin time.Time, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.courses[name]
	if c == nil || c.running || c.never {
		return time.Time{}, false
	}
	return c.next, true
}
