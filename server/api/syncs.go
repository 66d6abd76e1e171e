package api

import (
	"context"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"github.com/freshet/freshet/server/wire"
)

// OfSync names a sync.
type OfSync struct {
	Sync string `path:"sync" maxLength:"200" doc:"its name"`
}

// syncs registers what can be asked of syncs.
func (a *API) syncs() {
	huma.Register(a.huma, a.operation("list-syncs", http.MethodGet, "/api/syncs", "syncs", "Where every sync stands"),
		func(ctx context.Context, _ *struct{}) (*answer[wire.SyncList], error) {
			list, err := a.Service.Status(ctx)
			list = slices.DeleteFunc(list, func(s wire.SyncStatus) bool { return !whoOf(ctx).Sees(s.Sync) })
			return answered(wire.SyncList{Syncs: slices.Concat([]wire.SyncStatus{}, list)}, err)
		})
	huma.Register(a.huma, a.operation("get-sync", http.MethodGet, "/api/syncs/{sync}", "syncs", "Where one sync stands"),
		func(ctx context.Context, in *OfSync) (*answer[wire.SyncStatus], error) {
			return answered(a.Service.StatusOf(ctx, in.Sync))
		})
	huma.Register(a.huma, a.operation("list-quarantine", http.MethodGet, "/api/syncs/{sync}/quarantine", "syncs",
		"The rows that were set aside or refused, and why"),
		func(ctx context.Context, in *struct {
			OfSync
			Limit int `query:"limit" minimum:"1" maximum:"100000" default:"50" doc:"rows of each kind"`
		}) (*answer[wire.QuarantineList], error) {
			return answered(a.Service.Quarantine(ctx, in.Sync, in.Limit))
		})
}
