package client

import (
	"context"
	"net/url"
	"strconv"

	"github.com/freshet/freshet/server/wire"
	"github.com/freshet/freshet/sync/model"
)

// Status tells where every sync stands.
func (c *Client) Status(ctx context.Context) ([]wire.SyncStatus, error) {
	list, err := get[wire.SyncList](ctx, c, "/api/syncs", nil)
	return list.Syncs, err
}

// Quarantine lists what a sync set aside and what its destination refused; limit bounds each list.
func (c *Client) Quarantine(ctx context.Context, sync string, limit int) (wire.QuarantineList, error) {
	return get[wire.QuarantineList](ctx, c, "/api/syncs/"+url.PathEscape(sync)+"/quarantine", url.Values{"limit": {strconv.Itoa(limit)}})
}

// StartRun asks for a run of a sync.
func (c *Client) StartRun(ctx context.Context, sync string, r wire.StartRun) (wire.Run, error) {
	return post[wire.Run](ctx, c, "/api/syncs/"+url.PathEscape(sync)+"/runs", r)
}

// awaitSeconds is how long one question waits for the end of a run.
const awaitSeconds = "20"

// AwaitRun waits for the end of a run; where ctx ends first its error comes back.
func (c *Client) AwaitRun(ctx context.Context, id model.RunID) (wire.Run, error) {
	for {
		r, err := get[wire.Run](ctx, c, "/api/runs/"+url.PathEscape(string(id)), url.Values{"wait_seconds": {awaitSeconds}})
		if err != nil || r.State == wire.Done {
			return r, err
		}
	}
}

// CancelRun stops a run as a signal does.
func (c *Client) CancelRun(ctx context.Context, id model.RunID, why string) error {
	_, err := post[wire.Run](ctx, c, "/api/runs/"+url.PathEscape(string(id))+"/cancel", wire.Because{Why: why})
	return err
}
