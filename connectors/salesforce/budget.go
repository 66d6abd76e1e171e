package salesforce

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/freshet/freshet/sync/connect"
)

// fresh is how long a reading of the day's use is believed. The day is a sliding one, so calls come back little by
// little; after this time one call is let through to see.
const fresh = 15 * time.Minute

// budget is what is left of the org's daily API calls, as its replies tell. It is safe for concurrent use.
type budget struct {
	reserve int // percent that is left to others

	mu          sync.Mutex
	used, total int64 // total is 0 while nothing is known
	at          time.Time
}

func newBudget(reserve int) *budget { return &budget{reserve: reserve} }

// note reads Sforce-Limit-Info: "api-usage=18/5000", perhaps beside other limits.
func (b *budget) note(h http.Header, now time.Time) {
	for part := range strings.SplitSeq(h.Get("Sforce-Limit-Info"), ";") {
		var used, total int64
		n, _ := fmt.Sscanf(strings.TrimSpace(part), "api-usage=%d/%d", &used, &total)
		if n != 2 || total <= 0 || used < 0 {
			continue
		}
		b.mu.Lock()
		b.used, b.total, b.at = used, total, now
		b.mu.Unlock()
	}
}

// allow refuses to spend what is left to others; nil where a call may be made.
func (b *budget) allow(now time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	age := now.Sub(b.at)
	if b.total == 0 || age >= fresh || (b.total-b.used)*100 > b.total*int64(b.reserve) {
		return nil
	}
	return &connect.CallError{Class: connect.Throttled, After: fresh - age, Code: "salesforce.api_reserve",
		Message: fmt.Sprintf("%d of the org's %d daily API calls are used, and %d %% are left to others (api_reserve): waiting until calls come back",
			b.used, b.total, b.reserve)}
}

// spent says whether the day's calls are used up.
func (b *budget) spent() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.total > 0 && b.used >= b.total
}

// String says what is known, "" where nothing is.
func (b *budget) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.total == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %d daily API calls used", b.used, b.total)
}
