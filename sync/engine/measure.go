package engine

import (
	"context"
	"database/sql/driver"
	"strings"
	"time"

	"github.com/freshet/freshet/sync/model"
)

// Measure evaluates whole-number aggregates over the model's rows, in the transaction of the walk, before Next.
func (w *Walk) Measure(expressions []string) (measured []int64, err error) {
	if len(expressions) == 0 {
		return nil, nil
	}
	query := "SELECT " + wholeNumbers(expressions) + " FROM " + modelView + " AS m"
	err = read(w.ctx, w.conn, query, func(row []driver.Value) error {
		for _, v := range row {
			measured = append(measured, v.(int64))
		}
		return nil
	})
	return measured, ofModel(w.ctx, w.model, -1, err)
}

func wholeNumbers(expressions []string) string {
	fields := make([]string, len(expressions))
	for i, e := range expressions {
		fields[i] = "CAST(" + e + " AS BIGINT)"
	}
	return strings.Join(fields, ", ")
}

// Measure evaluates whole-number aggregates over a model's rows as they are, with their number.
func (e *Engine) Measure(ctx context.Context, m model.Model, expressions []string, now time.Time) (measured []int64, rows int64, err error) {
	conn, err := e.db.Conn(ctx)
	if err != nil {
		return nil, 0, translate(ctx, err)
	}
	defer discard(conn)
	if err := setNow(ctx, conn, now); err != nil {
		return nil, 0, translate(ctx, err)
	}
	err = read(ctx, conn, "SELECT count(*), "+wholeNumbers(expressions)+" FROM (\n"+m.SQL+"\n) AS m", func(row []driver.Value) error {
		rows = row[0].(int64)
		for _, v := range row[1:] {
			measured = append(measured, v.(int64))
		}
		return nil
	})
	return measured, rows, ofModel(ctx, m, -1, err)
}
