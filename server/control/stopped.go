package control

import (
	"context"
	"errors"

	"github.com/freshet/freshet/sync/fault"
)

// stopped is the code of work that its caller ended.
const stopped = "control.stopped"

// named gives an error that comes of ctx's end one name and a way on: the query, file or call that it happened to meet
// knows neither. An error of another cause stays what it is.
func named(ctx context.Context, err error) error {
	if ctx.Err() == nil || !errors.Is(err, ctx.Err()) {
		return err
	}
	return fault.New(fault.Canceled, stopped, "it was stopped before it was done").
		Do("run the same command again: nothing is lost").Because(err)
}
