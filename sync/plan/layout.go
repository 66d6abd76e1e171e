package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"io"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/fault"
)

// A file is: the head (magic and format), the blocks of every segment, the index as JSON, and the tail, which says where
// the index is and gives the SHA-256 of everything before the tail.
const (
	magic    = "FRESHETPLAN"
	headSize = len(magic) + 1          // magic, format
	tailSize = 8 + 8 + sha256.Size + 8 // index offset, index length, hash, closing magic
	closing  = "PLANEND\n"
)

// stepsABlock and bytesABlock bound a block: what a reader must hold to see one step.
const (
	stepsABlock = 512
	bytesABlock = 1 << 20
)

// index is the part of the file that says what is in it.
type index struct {
	Summary  Summary        `json:"summary"`
	Names    []string       `json:"names"`
	Segments []segmentIndex `json:"segments"`
}

type segmentIndex struct {
	Kind   Kind         `json:"kind"`
	Verb   connect.Verb `json:"verb"`
	Blocks []block      `json:"blocks"`
}

// block is where some steps stand. Low and High are the smallest and largest key in it.
type block struct {
	Offset int64  `json:"at"`
	Packed int64  `json:"packed"` // bytes in the file
	Size   int64  `json:"size"`   // bytes of steps
	Steps  int64  `json:"steps"`
	From   int64  `json:"from"` // ordinal of the first
	Low    []byte `json:"low"`  // keys as bytes: a key may not be UTF-8
	High   []byte `json:"high"`
}

// Begins says whether a file starts as a plan does, whole or not.
func Begins(r io.Reader) bool {
	head := make([]byte, len(magic))
	_, err := io.ReadFull(r, head)
	return err == nil && string(head) == magic
}

func hashText(sum []byte) string { return "sha256:" + hex.EncodeToString(sum) }

func damaged(what string) error {
	return fault.New(fault.Storage, "plan.damaged", "the plan file is damaged: "+what).
		Do("Make the plan again with `freshet plan`; nothing of this one was run.")
}

// UnmarshalText reads a kind's name.
func (k *Kind) UnmarshalText(text []byte) error {
	for i, n := range kindNames {
		if n == string(text) {
			*k = Kind(i)
			return nil
		}
	}
	return damaged("it names a kind of step that does not exist")
}
