package server_test

import (
	"bufio"
	"net/http"
	"strings"
	"testing"
)

// lines reads the stream of events until a line has this in it, and gives the last id before it.
func (s *shop) lines(last, until string, during func()) (id string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.ctx, "GET", s.found.URL+"/api/events", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.found.Token)
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer got.Body.Close()
	during()
	text := bufio.NewScanner(got.Body)
	for text.Scan() {
		if found, ok := strings.CutPrefix(text.Text(), "id: "); ok {
			id = found
		}
		if strings.Contains(text.Text(), until) {
			return id
		}
	}
	s.t.Fatalf("the stream ended without %q: %v", until, text.Err())
	return ""
}

// TestEventsAreToldAsTheyHappen: whoever listens hears that a feed is paused; whoever comes back with the last event that was seen hears
// what went by since; and a number that nobody gave is told as a loss.
func TestEventsAreToldAsTheyHappen(t *testing.T) {
	s := newShop(t)
	id := s.lines("", `"stage":"paused"`, func() { s.ask("POST", "/api/feeds/carts/pause", `{"why":"x"}`, s.token()) })
	s.ask("POST", "/api/feeds/carts/resume", `{}`, s.token())
	s.lines(id, `"stage":"resumed"`, func() {})
	s.lines("12", "event: lost", func() {})
}
