package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/freshet/freshet/server/control"
	"github.com/freshet/freshet/server/wire"
)

// acts registers what tells who did what.
func (a *API) acts() {
	huma.Register(a.huma, a.operation("list-acts", http.MethodGet, "/api/acts", "audit", "Who has done what, and why, newest first"),
		func(ctx context.Context, in *struct {
			Before int64     `query:"before" minimum:"0" doc:"the next of the page before"`
			Limit  int       `query:"limit" minimum:"1" maximum:"100000" default:"50"`
			Since  time.Time `query:"since" doc:"only from this moment on, RFC 3339"`
			Sync   string    `query:"sync" maxLength:"200" doc:"only what was done to this sync"`
			Actor  string    `query:"actor" maxLength:"200" doc:"only what this person did"`
			Did    string    `query:"did" maxLength:"100" doc:"only deeds of this kind"`
		}) (*answer[wire.Acts], error) {
			f := control.ActFilter{Before: in.Before, Since: in.Since, Sync: in.Sync, Actor: in.Actor, Did: in.Did}
			return answered(a.Service.Acts(ctx, f, in.Limit))
		})
	huma.Register(a.huma, a.operation("verify-audit", http.MethodGet, "/api/audit", "audit", "Whether the audit log is as it was written"),
		func(ctx context.Context, in *struct {
			Head string `query:"head" maxLength:"100" doc:"a head that was kept elsewhere: the log must still hold it"`
		}) (*answer[wire.Audit], error) {
			return answered(a.Service.VerifyAudit(ctx, in.Head))
		})
}
