package supervise

// weight is how many bytes a key of a live sync gives, judged by the plans before: a plan takes so many keys that its rows
// fit into memory, whatever their size.
type weight struct{ bytes float64 }

// unweighed is how many keys the first plan takes.
const unweighed = 250

func (w *weight) note(bytes int64, keys int) {
	now := float64(bytes) / float64(max(keys, 1))
	if now >= w.bytes {
		w.bytes = now
		return
	}
	w.bytes += (now - w.bytes) / 4 // a few small rows say little about the next ones
}

// keys is how many keys the next plan may take.
func (w *weight) keys() int {
	if w.bytes == 0 {
		return unweighed
	}
	return min(max(int(bytesATurn/w.bytes), 4), keysATurn)
}
