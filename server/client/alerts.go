package client

import (
	"context"
	"net/url"

	"github.com/freshet/freshet/server/wire"
)

// Alerts lists who is told when the state of a sync changes.
func (c *Client) Alerts(ctx context.Context) (wire.AlertList, error) {
	return get[wire.AlertList](ctx, c, "/api/alerts", nil)
}

// TestAlert tells a test by an alert, at once.
func (c *Client) TestAlert(ctx context.Context, name string) (wire.AlertTested, error) {
	return post[wire.AlertTested](ctx, c, "/api/alerts/"+url.PathEscape(name)+"/test", struct{}{})
}
