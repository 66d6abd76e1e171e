package run

import (
	"cmp"
	"container/heap"
	"time"

	"github.com/freshet/freshet/sync/connect"
)

// retries are the calls to be made again, the earliest first.
type retries []*call

func (r retries) Len() int           { return len(r) }
func (r retries) Less(i, j int) bool { return r[i].NotBefore.Before(r[j].NotBefore) }
func (r retries) Swap(i, j int)      { r[i], r[j] = r[j], r[i] }
func (r *retries) Push(c any)        { *r = append(*r, c.(*call)) }
func (r *retries) Pop() any {
	old := *r
	c := old[len(old)-1]
	*r = old[:len(old)-1]
	return c
}

// due takes the earliest call of this pass whose time has come, nil where there is none.
func (r *retries) due(now time.Time, leaving bool) *call {
	i, ok := r.index(leaving)
	if !ok || (*r)[i].NotBefore.After(now) {
		return nil
	}
	return heap.Remove(r, i).(*call)
}

// first says when the earliest call of this pass may go.
func (r retries) first(leaving bool) (time.Time, bool) {
	i, ok := r.index(leaving)
	if !ok {
		return time.Time{}, false
	}
	return r[i].NotBefore, true
}

// index finds the earliest call among the removals or among the writes.
func (r retries) index(leaving bool) (int, bool) {
	best := -1
	for i, c := range r {
		if connect.Verb(c.Verb).Leaving() == leaving && (best < 0 || c.NotBefore.Before(r[best].NotBefore)) {
			best = i
		}
	}
	return best, best >= 0
}

// problems tells why rows wait, each reason once.
func (r retries) problems() []Problem {
	var out []Problem
	at := map[string]int{}
	for _, c := range r {
		if c.Code == "" {
			continue
		}
		i, known := at[c.Code]
		if !known {
			i = len(out)
			at[c.Code] = i
			out = append(out, Problem{Code: c.Code, Message: cmp.Or(c.Message, "the call was put off"),
				Suggestion: "nothing is lost: the next run goes on with it"})
		}
		out[i].Count += int64(len(c.items))
	}
	return out
}
