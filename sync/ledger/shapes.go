package ledger

import "sync"

// shapes remembers the mapping that each sync was asked for last, so that asking again writes nothing.
type shapes struct {
	mu  sync.Mutex
	now map[SyncRef]shapeNow
}

type shapeNow struct {
	fingerprint string
	id          uint32
}

func (s *shapes) of(ref SyncRef, fingerprint string) (uint32, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.now[ref]
	return known.id, known.id != 0 && known.fingerprint == fingerprint
}

func (s *shapes) note(ref SyncRef, fingerprint string, id uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now == nil {
		s.now = map[SyncRef]shapeNow{}
	}
	s.now[ref] = shapeNow{fingerprint, id}
}
