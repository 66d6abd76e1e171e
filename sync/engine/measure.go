package engine

import (
	"database/sql/driver"
	"strings"
)

// Measure evaluates whole-number aggregates over the model's rows, in the transaction of the walk, before Next.
func (w *Walk) Measure(expressions []string) (measured []int64, err error) {
	if len(expressions) == 0 {
		return nil, nil
	}
	fields := make([]string, len(expressions))
	for i, e := range expressions {
		fields[i] = "CAST(" + e + " AS BIGINT)"
	}
	query := "SELECT " + strings.Join(fields, ", ") + " FROM " + modelView + " AS m"
	err = read(w.ctx, w.conn, query, func(row []driver.Value) error {
		for _, v := range row {
			measured = append(measured, v.(int64))
		}
		return nil
	})
	return measured, ofModel(w.ctx, w.model, -1, err)
}
