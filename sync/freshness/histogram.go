package freshness

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"time"
)

// Histogram counts spans of time in buckets that grow by a sixteenth of a doubling: what it gives back is within 2.2 % of what
// was put in, from a millisecond to a month. It takes as many entries as there are different buckets in it, 512 at most. Its zero
// value is empty.
type Histogram struct{ bins []bin }

// bin is one bucket that holds something.
type bin struct {
	at uint16
	n  uint64
}

// buckets is how many there are, and doubling how many of them double a span.
const (
	buckets  = 512
	doubling = 16
)

// bucketOf is where a span belongs. What is less than a millisecond, negative spans among it, is in the first bucket.
func bucketOf(d time.Duration) uint16 {
	ms := float64(d) / float64(time.Millisecond)
	if !(ms > 1) {
		return 0
	}
	return uint16(min(math.Ceil(math.Log2(ms)*doubling), buckets-1))
}

// spanOf is the middle of a bucket.
func spanOf(at uint16) time.Duration {
	if at == 0 {
		return 0
	}
	return time.Duration(math.Exp2((float64(at)-0.5)/doubling) * float64(time.Millisecond))
}

// Add counts a span n times.
func (h *Histogram) Add(d time.Duration, n uint64) { h.add(bucketOf(d), n) }

func (h *Histogram) add(at uint16, n uint64) {
	i, found := slices.BinarySearchFunc(h.bins, at, func(b bin, at uint16) int { return int(b.at) - int(at) })
	if !found {
		h.bins = slices.Insert(h.bins, i, bin{at: at})
	}
	h.bins[i].n += n
}

// Merge adds everything that another one holds.
func (h *Histogram) Merge(o *Histogram) {
	for _, b := range o.bins {
		h.add(b.at, b.n)
	}
}

// Count is how many spans it holds.
func (h *Histogram) Count() (n uint64) {
	for _, b := range h.bins {
		n += b.n
	}
	return n
}

// Quantile is the span that a share of all, from 0 to 1, does not exceed; ok is false where there is none.
func (h *Histogram) Quantile(share float64) (d time.Duration, ok bool) {
	rank := uint64(math.Ceil(share * float64(h.Count())))
	for _, b := range h.bins {
		if b.n >= rank {
			return spanOf(b.at), true
		}
		rank -= b.n
	}
	return 0, false
}

// MarshalJSON writes pairs of bucket and count.
func (h Histogram) MarshalJSON() ([]byte, error) {
	pairs := make([][2]uint64, len(h.bins))
	for i, b := range h.bins {
		pairs[i] = [2]uint64{uint64(b.at), b.n}
	}
	return json.Marshal(pairs)
}

var errBucket = errors.New("a histogram names a bucket that there is not")

// UnmarshalJSON reads what MarshalJSON wrote.
func (h *Histogram) UnmarshalJSON(text []byte) error {
	var pairs [][2]uint64
	if err := json.Unmarshal(text, &pairs); err != nil {
		return err
	}
	h.bins = nil
	for _, p := range pairs {
		if p[0] >= buckets {
			return errBucket
		}
		h.add(uint16(p[0]), p[1])
	}
	return nil
}
