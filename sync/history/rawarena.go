package history

import "github.com/parquet-go/parquet-go"

const (
	arenaBlock = 64 << 10
	arenaTexts = 1024 // at most so many texts, of at most so many bytes
)

// arena copies what is read out of pages, many small pieces into one block of memory, and keeps one copy of texts that
// come again and again: topics and names of headers.
type arena struct {
	block []byte
	texts map[string]string
}

func (a *arena) copied(v *parquet.Value) []byte {
	if v.IsNull() {
		return nil
	}
	b := v.ByteArray()
	if len(b) == 0 {
		return []byte{}
	}
	if len(b) > arenaBlock/4 {
		return append([]byte(nil), b...)
	}
	if len(b) > cap(a.block)-len(a.block) {
		a.block = make([]byte, 0, arenaBlock)
	}
	n := len(a.block)
	a.block = append(a.block, b...)
	return a.block[n:len(a.block):len(a.block)]
}

func (a *arena) text(b []byte) string {
	if s, ok := a.texts[string(b)]; ok {
		return s
	}
	s := string(b)
	if a.texts == nil {
		a.texts = map[string]string{}
	}
	if len(a.texts) < arenaTexts && len(s) <= arenaTexts {
		a.texts[s] = s
	}
	return s
}
