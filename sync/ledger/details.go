package ledger

import (
	"context"
	"database/sql"
	"time"

	"github.com/freshet/freshet/sync/model"
)

const detailColumns = `SELECT r.key, r.shape, r.row_hash, r.state, p.accepted, p.payload, p.hash, p.match,
	p.remote, p.origin, p.attempts, p.code, p.message, coalesce(u.id, ''), p.at
	FROM records r JOIN payloads p ON p.place = r.place LEFT JOIN runs u ON u.n = p.run `

var detailsByKey = newBulk(detailColumns+`WHERE r.sync = ? AND r.key IN (`, `?`, `)`)

// Details gives everything known of the keys; a key the ledger does not know has no entry.
func (r *Reader) Details(ctx context.Context, ref SyncRef, keys []model.Key) (map[model.Key]model.Detail, error) {
	found := make(map[model.Key]model.Detail, len(keys))
	err := detailsByKey.slices(len(keys), func(query string, from, to int) error {
		args := make([]any, 1, 1+to-from)
		args[0] = int64(ref)
		for _, key := range keys[from:to] {
			args = append(args, string(key))
		}
		return r.each(ctx, query, args, func(rows *sql.Rows) error {
			d, err := r.scanDetail(rows)
			found[d.Key] = d
			return err
		})
	})
	return found, err
}

// Refused lists the records whose last payload was refused, in key order, and tells how many there are in all.
// limit 0 means every one.
func (r *Reader) Refused(ctx context.Context, ref SyncRef, limit int) ([]model.Detail, int64, error) {
	var list []model.Detail
	query := detailColumns + `WHERE r.sync = ? AND r.state = 2 ORDER BY r.key LIMIT ?`
	err := r.each(ctx, query, []any{int64(ref), upTo(limit)}, func(rows *sql.Rows) error {
		d, err := r.scanDetail(rows)
		list = append(list, d)
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	counts, err := r.Counts(ctx, ref)
	return list, counts[model.Rejected], err
}

func (r *Reader) scanDetail(rows *sql.Rows) (d model.Detail, err error) {
	var rowHash, payloadHash, at int64
	var match sql.RawBytes
	if err := rows.Scan(&d.Key, &d.Shape, &rowHash, &d.State, &d.Accepted, &d.Payload, &payloadHash, &match,
		&d.RemoteID, &d.Origin, &d.Attempts, &d.Code, &d.Message, &d.Run, &at); err != nil {
		return d, err
	}
	d.RowHash, d.PayloadHash = uint64(rowHash), uint64(payloadHash)
	d.At = fromMicros(at).Format(time.RFC3339Nano)
	if d.Match, err = decodeMatch(match); err != nil {
		return d, damaged(r.path, err)
	}
	return d, nil
}
