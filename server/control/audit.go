package control

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"io"
	"time"

	"github.com/freshet/freshet/server/wire"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/ledger"
)

// VerifyAudit goes over the audit log. kept is the head of an export, as it was told: the log must still hold it; "" is none.
func (s *Service) VerifyAudit(ctx context.Context, kept string) (wire.Audit, error) {
	var links []ledger.Link
	if kept != "" {
		link, err := ledger.ParseLink(kept)
		if err != nil {
			return wire.Audit{}, fault.New(fault.Usage, "audit.head", "the head cannot be read").Because(err).
				Do("write it as the export told it: the number of an entry, a colon and 64 hexadecimal digits")
		}
		links = append(links, link)
	}
	out := wire.Audit{Gaps: []int64{}}
	r, done, err := s.read(ctx)
	if err != nil || r == nil {
		out.Intact = err == nil && len(links) == 0
		return out, err
	}
	defer done()
	found, err := r.Verify(ctx, links...)
	out.Intact, out.Entries, out.Broken, out.Why = found.Broken == 0 && len(found.Gaps) == 0, found.Entries, found.Broken, found.Why
	out.Gaps = append(out.Gaps, found.Gaps...)
	if found.Entries > 0 {
		out.Head = found.Head.String()
	}
	return out, err
}

// exported is an entry of an export. Its JSON names are stable.
type exported struct {
	wire.Act
	At   string `json:"at"`
	Of   int64  `json:"of,omitempty"` // it tells what became of the entry of that number
	Hash string `json:"hash"`
}

// ExportAudit writes the whole log, an entry a line and oldest first, and gives its head: whoever keeps that elsewhere finds out later
// whether the log was cut or rewritten.
func (s *Service) ExportAudit(ctx context.Context, to io.Writer) (head string, err error) {
	r, done, err := s.read(ctx)
	if err != nil || r == nil {
		return "", err
	}
	defer done()
	out := bufio.NewWriter(to)
	lines := json.NewEncoder(out)
	lines.SetEscapeHTML(false)
	err = r.EachAct(ctx, func(a ledger.Act) error {
		head = ledger.Link{N: a.N, Hash: a.Hash}.String()
		return lines.Encode(exported{Act: wireAct(a), At: a.At.UTC().Format(time.RFC3339Nano), Of: a.Of, Hash: hex.EncodeToString(a.Hash)})
	})
	if err == nil {
		err = out.Flush()
	}
	return head, err
}
