package demo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/freshet/freshet/sync/connect"
)

// Changed says what a day brought.
type Changed struct {
	Updated int // customers whose plan and lifetime value are others now
	Deleted int // customers who are gone, with their orders and consents
}

// Change lets a day pass in the shop at path: a share (0 to 1) of the customers changes plan and spends more, and
// deletes others leave. The same seed picks the same customers. It happens as a whole or not at all.
// Fault: demo.write where the file cannot be written.
func Change(ctx context.Context, path string, share float64, deletes int, seed uint64) (Changed, error) {
	if _, err := os.Stat(path); err != nil {
		return Changed{}, unwritable(path, err) // opening it would make an empty one
	}
	var done Changed
	err := within(ctx, path, func(db connect.SQL) error {
		if err := db.Exec(ctx, "BEGIN"); err != nil {
			return err
		}
		var err error
		if done, err = change(ctx, db, share, deletes, seed); err != nil {
			return errors.Join(err, db.Exec(context.WithoutCancel(ctx), "ROLLBACK"))
		}
		return db.Exec(ctx, "COMMIT")
	})
	if err != nil {
		return Changed{}, err
	}
	return done, nil
}

func change(ctx context.Context, db connect.SQL, share float64, deletes int, seed uint64) (Changed, error) {
	updates := fmt.Sprintf("(SELECT round(count(*) * %g)::BIGINT FROM shop.customers)", share)
	for _, query := range []string{
		fmt.Sprintf("CREATE TEMP TABLE drawn AS SELECT customer_id, row_number() OVER (ORDER BY md5(concat(customer_id, ':', %d)), customer_id) AS place "+
			"FROM shop.customers", seed),
		"CREATE TEMP TABLE updated AS SELECT customer_id FROM drawn WHERE place <= " + updates,
		fmt.Sprintf("CREATE TEMP TABLE deleted AS SELECT customer_id FROM drawn WHERE place > %[1]s AND place <= %[1]s + %[2]d", updates, deletes),
		"UPDATE shop.customers SET plan = CASE plan WHEN 'free' THEN 'pro' WHEN 'pro' THEN 'team' ELSE 'free' END, ltv = ltv + 19.90, " +
			"updated_at = updated_at + INTERVAL 1 DAY WHERE customer_id IN (FROM updated)",
		"DELETE FROM shop.orders WHERE customer_id IN (FROM deleted)",
		"DELETE FROM shop.consents WHERE customer_id IN (FROM deleted)",
		"DELETE FROM shop.customers WHERE customer_id IN (FROM deleted)",
	} {
		if err := db.Exec(ctx, query); err != nil {
			return Changed{}, err
		}
	}
	return count(ctx, db)
}

func count(ctx context.Context, db connect.SQL) (done Changed, err error) {
	err = db.Query(ctx, "SELECT (SELECT count(*) FROM updated), (SELECT count(*) FROM deleted)", func(row []connect.Cell) error {
		done.Updated, _ = strconv.Atoi(row[0].Text)
		done.Deleted, _ = strconv.Atoi(row[1].Text)
		return nil
	})
	return done, err
}
