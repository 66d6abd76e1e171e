package ledger

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
)

// Link is one place of the chain that the audit log is: the number of an entry and its hash.
type Link struct {
	N    int64
	Hash []byte
}

func (l Link) String() string { return fmt.Sprintf("%d:%s", l.N, hex.EncodeToString(l.Hash)) }

// ParseLink reads what String writes.
func ParseLink(text string) (l Link, err error) {
	var digits string
	if _, err = fmt.Sscanf(text, "%d:%s", &l.N, &digits); err == nil {
		l.Hash, err = hex.DecodeString(digits)
	}
	if err == nil && (len(l.Hash) != sha256.Size || l.N < 1) {
		err = errors.New("not the number of an entry and its hash")
	}
	return l, err
}

// chained is the hash of an entry behind one with the hash before; nil: it is the first. Every text goes in with its length, so that
// none can borrow from its neighbour. Guarantee G44.
func (a Act) chained(before []byte) []byte {
	h := sha256.New()
	put := func(part []byte) {
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		h.Write(length[:])
		h.Write(part)
	}
	put([]byte("freshet audit 1"))
	put(before)
	for _, number := range []int64{a.N, micros(a.At), a.Of} {
		put(binary.BigEndian.AppendUint64(nil, uint64(number)))
	}
	for _, text := range []string{a.Actor, a.Via, a.Did, a.Target, a.Why, a.Before, a.After, string(a.Outcome)} {
		put([]byte(text))
	}
	return h.Sum(nil)
}

// Chain says of entries, given one after the other from the first, where the chain is broken.
type Chain struct{ last Link }

// Next takes the next entry. What it says is "" or, of the first entry that does not belong where it stands, why; at is its number.
func (c *Chain) Next(a Act) (at int64, broken string) {
	switch want := c.last.N + 1; {
	case a.N > want:
		return want, "it is missing"
	case a.N < want:
		return a.N, "its number comes a second time"
	case !bytes.Equal(a.Hash, a.chained(c.last.Hash)):
		return a.N, "it was changed, or stands in another's place"
	}
	c.last = Link{N: a.N, Hash: bytes.Clone(a.Hash)}
	return 0, ""
}

// Audit is what was found of the audit log.
type Audit struct {
	Entries int64  // that are as they were written
	Head    Link   // the last of them
	Broken  int64  // number of the first that is not; 0: every one is
	Why     string // what is wrong with it
	Gaps    []int64
}

// gapNoted is what an entry is of that tells of a cut which an opening has found.
const gapNoted = "audit.gap"

// Verify goes over the whole log. Where every entry fits, its end is compared with the head kept beside the ledger and with others
// that a person has kept; each must be in the log. Guarantee G44.
func (r *Reader) Verify(ctx context.Context, kept ...Link) (Audit, error) {
	head, missing, err := readHead(headPath(r.path)) // first: the log may grow meanwhile, and never shrinks
	if err != nil {
		return Audit{}, err
	}
	if !missing {
		kept = append(kept, head)
	}
	var out Audit
	var c Chain
	errBroken := errors.New("broken")
	err = r.EachAct(ctx, func(a Act) error {
		if out.Broken, out.Why = c.Next(a); out.Broken > 0 {
			return errBroken
		}
		if a.Did == gapNoted {
			out.Gaps = append(out.Gaps, a.N)
		}
		for _, k := range kept {
			if k.N == a.N && !bytes.Equal(k.Hash, a.Hash) {
				out.Broken, out.Why = a.N, "it is another than the one that was kept a note of"
				return errBroken
			}
		}
		out.Entries, out.Head = a.N, c.last
		return nil
	})
	if errors.Is(err, errBroken) {
		return out, nil
	}
	if err == nil {
		out.end(kept, missing)
	}
	return out, err
}

// end finds what is missing at the end of a log whose entries all fit.
func (a *Audit) end(kept []Link, missing bool) {
	for _, k := range kept {
		if k.N > a.Entries {
			a.Broken, a.Why = a.Entries+1, fmt.Sprintf("it is missing: there was an entry %d once", k.N)
		}
	}
	if a.Broken == 0 && missing && a.Entries > 0 {
		a.Broken, a.Why = a.Entries+1, "it may be missing: "+headFile+", which says where the log ends, is gone"
	}
}
