package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/freshet/freshet/server/wire"
)

// alerts registers what can be asked of those who are told.
func (a *API) alerts() {
	huma.Register(a.huma, a.operation("list-alerts", http.MethodGet, "/api/alerts", "alerts", "Who is told when the state of a sync changes"),
		func(ctx context.Context, _ *struct{}) (*answer[wire.AlertList], error) {
			return answered(a.Service.Alerts(ctx))
		})
	huma.Register(a.huma, a.operation("test-alert", http.MethodPost, "/api/alerts/{alert}/test", "alerts", "Tell a test, at once"),
		func(ctx context.Context, in *struct {
			Alert string `path:"alert" maxLength:"200" doc:"its name"`
			Named
		}) (*answer[wire.AlertTested], error) {
			return answered(a.Service.TestAlert(ctx, in.Alert))
		})
}
