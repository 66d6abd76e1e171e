package main

import (
	"bytes"
	"encoding/json"
	"slices"
	"sync"
)

// told is what `freshet serve --json` tells of the time from a commit to its confirmation: once a second.
type told struct {
	mu       sync.Mutex
	rest     []byte // of a line that has not ended
	p50, p99 []float64
}

func (t *told) Write(text []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rest = append(t.rest, text...)
	for {
		line, rest, ended := bytes.Cut(t.rest, []byte("\n"))
		if !ended {
			return len(text), nil
		}
		t.rest = rest
		var second struct {
			Stage string
			P50   float64 `json:"p50_ms"`
			P99   float64 `json:"p99_ms"`
		}
		if json.Unmarshal(line, &second) == nil && second.Stage == "live" && second.P50 > 0 {
			t.p50, t.p99 = append(t.p50, second.P50), append(t.p99, second.P99)
		}
	}
}

func (t *told) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.p50, t.p99 = nil, nil
}

// confirmed is the p50 of the middle second, and the p99 of the worst.
func (t *told) confirmed() (p50, p99 float64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.p50) == 0 {
		return 0, 0
	}
	return middle(t.p50), slices.Max(t.p99)
}
