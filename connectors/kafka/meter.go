package kafka

import (
	"math"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	defaultBytes = 32 << 20
	leastFetch   = 16 << 10  // a fetch asks for this much at least; a broker always gives one batch
	leastLargest = 128 << 20 // a batch may always unfold to this much
	eventCost    = 360       // bytes an event costs besides its content: the library's record and ours
	firstRatio   = 64        // what a byte is taken to unfold to before the first batch was seen
	forget       = 0.98      // how slowly a ratio that was seen is forgotten
)

// meter keeps what is read ahead within bounds. The library holds one fetch of each broker until it is handed out, and
// what was handed out is held until the next Poll: so each may be half of the bound. A fetch asks for compressed bytes,
// so what a byte unfolds to is learned from the batches that came.
type meter struct {
	max   int
	limit func(fetch, partition int32) // tells the library

	mu      sync.Mutex
	ratio   float64
	brokers map[int32]bool
}

func newMeter(maxBytes int) *meter {
	if maxBytes <= 0 {
		maxBytes = defaultBytes
	}
	return &meter{max: maxBytes, ratio: firstRatio, brokers: map[int32]bool{}}
}

// first is what the first fetch asks for.
func (m *meter) first() int32 { return m.size(1) }

func (m *meter) size(brokers int) int32 {
	n := float64(m.max) / 2 / float64(max(brokers, 1)) / m.ratio
	return int32(min(max(n, leastFetch), math.MaxInt32/4))
}

// OnNewClient is called by the library before anything is read.
func (m *meter) OnNewClient(client *kgo.Client) { m.limit = client.UpdateFetchMaxBytes }

// largest is what one batch may unfold to: more than that is a mistake or an attack.
func (m *meter) largest() int { return max(leastLargest, 4*m.max) }

// OnFetchBatchRead is called by the library for every batch.
func (m *meter) OnFetchBatchRead(meta kgo.BrokerMetadata, _ string, _ int32, batch kgo.FetchBatchMetrics) {
	cost := float64(batch.UncompressedBytes + eventCost*batch.NumRecords)
	m.mu.Lock()
	m.brokers[meta.NodeID] = true
	m.ratio = max(1, cost/float64(max(batch.CompressedBytes, 1)), m.ratio*forget)
	size := m.size(len(m.brokers))
	m.mu.Unlock()
	m.limit(size, size)
}
