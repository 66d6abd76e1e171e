package engine

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"

	"github.com/freshet/freshet/sync/mapping"
	"github.com/freshet/freshet/sync/model"
)

// digestWay names how a digest is taken: it changes with quickHash, and with the text that is hashed.
const digestWay = "quick1"

// quickHash is SQL for a 64-bit hash of a row's text by DuckDB's own hash(), which takes a fifth of an md5's time. It holds
// for one version of DuckDB, so it stands in plans and never in the ledger.
//
// One hash() would not do. It takes 8 bytes of a text at a time, h = (h ^ bytes) * odd, and a product carries differences
// to higher bits only: those in the last of 8 bytes never reach more than the last 8 bits of h. Two of them, a multiple of
// 8 bytes apart, cancel each other out once in some hundred times, and nothing done to h afterwards brings them back.
// Two digits of an account number are enough. So the text is hashed four times, moved on by two bytes each time: a byte
// that is the last of 8 once is the second, the fourth and the sixth in the other three. Differences stay unseen only
// where they cancel out in all four, which takes a chance in each, together beyond 2^64 wherever they stand.
//
// Every one of the four ends in a mix of all its bits and joins the next in another one, and each says something of the
// whole row, so no exchange of values between rows leaves the sum or the exclusive or of all rows as it was.
func quickHash(text string) string {
	return fmt.Sprintf("hash(%[1]s, '..' || %[1]s, '....' || %[1]s, '......' || %[1]s)", text)
}

// Digest says in a few characters which rows the walk has: the same rows, in any order, have the same digest in every
// process with this version of DuckDB. Guarantee G6.
func (w *Walk) Digest() string { return w.digest }

// readDigest joins the numbers in a column into a digest that does not depend on the order of rows, and counts them. A
// pair of equal rows cancels out in the exclusive or, and not in sum and number.
func readDigest(ctx context.Context, conn *sql.Conn, column, from string) (digest string, rows int64, err error) {
	query := fmt.Sprintf("SELECT count(*), CAST(coalesce(bit_xor(%[1]s), 0) AS UBIGINT), CAST(coalesce(sum(%[1]s), 0) AS VARCHAR), "+
		"(SELECT library_version || '-' || source_id FROM pragma_version()) FROM %[2]s", column, from)
	err = read(ctx, conn, query, func(row []driver.Value) error {
		rows = row[0].(int64)
		digest = fmt.Sprintf("%s:%s:%d:%016x:%s", digestWay, row[3], rows, row[1].(uint64), row[2].(string))
		return nil
	})
	return digest, rows, err
}

// DigestOnly gives the digest that a Walk over the same columns would have now, without sorting or keeping anything.
func (e *Engine) DigestOnly(ctx context.Context, m model.Model, columns []mapping.Column) (string, error) {
	conn, err := e.db.Conn(ctx)
	if err != nil {
		return "", translate(ctx, err)
	}
	w := &Walk{ctx: ctx, conn: conn, model: m}
	defer w.Close()
	if err := setNow(ctx, conn, e.now()); err != nil {
		return "", translate(ctx, err)
	}
	if err := run(ctx, conn, "BEGIN TRANSACTION"); err != nil {
		return "", translate(ctx, err)
	}
	described, err := viewOf(ctx, conn, m)
	if err != nil {
		return "", err
	}
	w.prepare(described, columns, MatchCheck{})
	rows := fmt.Sprintf("(SELECT %s AS d FROM (SELECT %s AS t FROM %s AS m))", quickHash("t"), w.text, modelView)
	digest, _, err := readDigest(ctx, conn, "d", rows)
	return digest, ofModel(ctx, m, -1, err)
}
