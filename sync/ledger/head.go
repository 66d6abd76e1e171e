package ledger

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
)

// headFile keeps the end of the log beside the ledger, so that a log whose end was cut off shows it.
const headFile = "audit.head"

func headPath(ledger string) string { return filepath.Join(filepath.Dir(ledger), headFile) }

// kept is the file's text.
type kept struct {
	N    int64  `json:"n"`
	Hash string `json:"hash"`
}

// writeHead keeps the end of the log. The file is whole or the one before.
func writeHead(path string, head Link) error {
	text, err := json.Marshal(kept{N: head.N, Hash: hex.EncodeToString(head.Hash)})
	if err != nil {
		return err
	}
	return writeWhole(path, append(text, '\n'))
}

// readHead reads it; one that cannot be read as such counts as missing.
func readHead(path string) (head Link, missing bool, err error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return Link{}, true, nil
	}
	if err != nil {
		return Link{}, false, unwritable(filepath.Dir(path), err)
	}
	var k kept
	if json.Unmarshal(text, &k) != nil {
		return Link{}, true, nil
	}
	head.N = k.N
	head.Hash, err = hex.DecodeString(k.Hash)
	return head, err != nil || head.N < 1, nil
}

// minded notes in the log that its end was cut off or rewritten since it was written last: afterwards the head would tell no more of
// it. Guarantee G44.
func (l *Ledger) minded(ctx context.Context) error {
	drafts, _ := filepath.Glob(headPath(l.path) + "-*")
	for _, draft := range drafts { // of a process that was killed while it wrote one
		_ = os.Remove(draft)
	}
	head, missing, err := readHead(headPath(l.path))
	if err != nil {
		return err
	}
	return l.writer.do(ctx, func(t *tx) error {
		last, err := t.lastLink()
		if err != nil || missing && last.N == 0 {
			return err
		}
		why, fits := "the file "+headFile+" was gone", false
		if !missing {
			why = "the log does not hold the entry that " + headFile + " named"
			fits, err = t.holds(head)
		}
		if err != nil || fits {
			return err
		}
		a := Act{Actor: "freshet", Did: gapNoted, Target: "audit", Why: why, After: last.String()}
		if !missing {
			a.Before = head.String()
		}
		_, err = t.note(a)
		return err
	})
}

// holds says whether an entry is in the log.
func (t *tx) holds(l Link) (bool, error) {
	_, found, err := t.one(`SELECT n FROM acts WHERE n = ? AND hash = ?`, l.N, l.Hash)
	return found, err
}

// writeWhole writes a file for its owner alone. It is on the disk, and whole, before it has its name.
func writeWhole(path string, text []byte) error {
	draft, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+"-")
	if err != nil {
		return err
	}
	_, err = draft.Write(text)
	if err = errors.Join(err, draft.Sync(), draft.Close()); err == nil {
		err = os.Rename(draft.Name(), path)
	}
	if err != nil {
		_ = os.Remove(draft.Name())
	}
	return err
}
