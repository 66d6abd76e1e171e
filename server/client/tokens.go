package client

import (
	"context"
	"net/url"

	"github.com/freshet/freshet/server/wire"
)

// CreateToken makes a token.
func (c *Client) CreateToken(ctx context.Context, ask wire.NewToken) (wire.MadeToken, error) {
	return post[wire.MadeToken](ctx, c, "/api/tokens", ask)
}

// Tokens lists every token.
func (c *Client) Tokens(ctx context.Context) (wire.TokenList, error) {
	return get[wire.TokenList](ctx, c, "/api/tokens", nil)
}

// RevokeToken ends a token.
func (c *Client) RevokeToken(ctx context.Context, name, why string) (wire.Token, error) {
	return post[wire.Token](ctx, c, "/api/tokens/"+url.PathEscape(name)+"/revoke", wire.Because{Why: why})
}
