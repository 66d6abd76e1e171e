package server_test

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
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

// TestAStreamEndsWithItsToken: a stream that a token has begun ends within 15 seconds of its revocation, and another goes on.
func TestAStreamEndsWithItsToken(t *testing.T) {
	if testing.Short() {
		t.Skip("it waits for 15 seconds")
	}
	s := newShop(t)
	revoked, good := s.made(`{"name":"ends","role":"viewer"}`), s.made(`{"name":"goes-on","role":"viewer"}`)
	ends := map[string]chan error{}
	for _, token := range []string{revoked.Secret, good.Secret} {
		r, err := http.NewRequestWithContext(s.ctx, "GET", s.found.URL+"/api/events", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		got, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		ends[token] = ended
		go func() {
			defer got.Body.Close()
			_, err := io.Copy(io.Discard, got.Body)
			ended <- err
		}()
	}
	s.ask("POST", "/api/tokens/ends/revoke", `{}`, s.token())
	select {
	case <-ends[revoked.Secret]:
	case <-time.After(17 * time.Second):
		t.Error("the stream goes on without its token")
	}
	select {
	case err := <-ends[good.Secret]:
		t.Errorf("the other stream ended: %v", err)
	default:
	}
}
