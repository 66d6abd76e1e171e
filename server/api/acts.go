package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/freshet/freshet/server/wire"
)

// acts registers what tells who did what.
func (a *API) acts() {
	huma.Register(a.huma, a.operation("list-acts", http.MethodGet, "/api/acts", "server", "Who has done what, and why, newest first"),
		func(ctx context.Context, in *struct {
			Before int64 `query:"before" minimum:"0" doc:"the next of the page before"`
			Limit  int   `query:"limit" minimum:"1" maximum:"100000" default:"50"`
		}) (*answer[wire.Acts], error) {
			return answered(a.Service.Acts(ctx, in.Before, in.Limit))
		})
}
