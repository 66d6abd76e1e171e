package ledger

import (
	"database/sql/driver"
	"errors"
)

// inspect reads the whole file for damage, but only where the machine went down while it was open, or may have: a start
// must stay quick.
func inspect(c *conn, path string, sound bool) error {
	if sound {
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
