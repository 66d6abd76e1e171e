package supervise

import "sync"

// News wakes everybody who waits for changes. A listener that is busy hears once, however often it was told.
type News struct {
	mu        sync.Mutex
	listeners []chan struct{}
}

// NewNews makes one without listeners.
func NewNews() *News { return &News{} }

// Listen gives a channel that has something in it whenever there was news since it was read last.
func (n *News) Listen() <-chan struct{} {
	n.mu.Lock()
	defer n.mu.Unlock()
	c := make(chan struct{}, 1)
	n.listeners = append(n.listeners, c)
	return c
}

// Tell says that there is news.
func (n *News) Tell() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, c := range n.listeners {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}
