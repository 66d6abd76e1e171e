package ledger

import (
	"database/sql/driver"
	"errors"
)

// inspect reads the whole file for damage, but only where the last process did not close it: a start must stay quick.
func inspect(c *conn, path string, clean bool) error {
	if clean {
		return nil
	}
	verdict := "ok"
	err := c.query("PRAGMA quick_check(1)", func(row []driver.Value) error {
		verdict, _ = row[0].(string)
		return nil
	})
	if err != nil {
		return err
	}
	if verdict != "ok" {
		return damaged(path, errors.New("the check of its pages failed"))
	}
	return nil
}
