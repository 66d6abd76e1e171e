package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/freshet/freshet/server/auth"
	"github.com/freshet/freshet/server/wire"
)

// tokensPath is where tokens are made. Their answers are kept nowhere: each holds a secret.
const tokensPath = "/api/tokens"

// tokens registers what can be asked of tokens.
func (a *API) tokens() {
	huma.Register(a.huma, a.operation("list-tokens", http.MethodGet, tokensPath, "access", "Every token, revoked ones too"),
		func(ctx context.Context, _ *struct{}) (*answer[wire.TokenList], error) {
			return answered(auth.List(ctx, a.Service))
		})
	make := a.operation("create-token", http.MethodPost, tokensPath, "access", "Make a token; it is shown this once")
	make.Description = "An Idempotency-Key is not heeded here, because the answer is kept nowhere: a name that a live token has is refused."
	huma.Register(a.huma, make, func(ctx context.Context, in *struct{ Body wire.NewToken }) (*answer[wire.MadeToken], error) {
		return answered(auth.Create(ctx, a.Service, in.Body))
	})
	huma.Register(a.huma, a.operation("revoke-token", http.MethodPost, tokensPath+"/{token}/revoke", "access", "End a token, from the next request on"),
		func(ctx context.Context, in *struct {
			Token string `path:"token" maxLength:"100" doc:"its name or its id"`
			Named
			Body *wire.Because
		}) (*answer[wire.Token], error) {
			why := ""
			if in.Body != nil {
				why = in.Body.Why
			}
			k, err := a.Service.RevokeToken(ctx, in.Token, why)
			return answered(auth.Told(k), err)
		})
}
