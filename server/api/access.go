package api

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/freshet/freshet/server/auth"
	"github.com/freshet/freshet/server/wire"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
)

// whoKey finds who asks in a context.
type whoKey struct{}

func whoOf(ctx context.Context) auth.Principal {
	who, _ := ctx.Value(whoKey{}).(auth.Principal)
	return who
}

// stillKey finds what says whether whoever asks may still do so.
type stillKey struct{}

// still says whether a token that was good when an answer began is good now.
func still(ctx context.Context) bool {
	ask, ok := ctx.Value(stillKey{}).(func() error)
	return ok && ask() == nil
}

// admit is the one place where it is decided whether an operation is carried out for whoever asks: by the table of roles, then by the
// scope. It comes before anything of the request is looked at. Guarantee G46.
func (a *API) admit(ctx huma.Context, next func(huma.Context)) {
	err := a.may(ctx.Context(), ctx.Operation().OperationID, ctx.Param)
	if err == nil {
		next(ctx)
		return
	}
	p := wire.ProblemOf(fault.As(err))
	text, _ := json.Marshal(p)
	ctx.SetHeader("Content-Type", p.ContentType(""))
	ctx.SetStatus(p.Status)
	_, _ = ctx.BodyWriter().Write(text)
}

// may says whether whoever asks may have an operation done to what its path names.
func (a *API) may(ctx context.Context, operation string, param func(string) string) error {
	who := whoOf(ctx)
	if err := who.May(operation); err != nil || len(who.Syncs) == 0 {
		return err
	}
	sync := param("sync")
	if run := param("run"); run != "" {
		var err error
		if sync, err = a.Service.SyncOfRun(ctx, model.RunID(run)); err != nil {
			return err
		}
		if sync == "" {
			return auth.OutOfScope()
		}
	}
	if sync != "" && !who.Sees(sync) {
		return auth.OutOfScope()
	}
	feed := param("feed")
	if replay := param("replay"); replay != "" {
		if feed = a.Service.FeedOfReplay(replay); feed == "" {
			return auth.OutOfScope()
		}
	}
	if feed != "" && !a.seesFeed(who, feed) {
		return auth.OutOfScope()
	}
	return nil
}

// seesFeed says whether a feed is within somebody's scope: everything that it reaches is.
func (a *API) seesFeed(who auth.Principal, feed string) bool {
	return who.SeesAll(a.Service.ReadersOf(feed))
}

// sees says whether an event is within somebody's scope.
func (a *API) sees(who auth.Principal, e wire.Event) bool {
	if e.Feed != "" {
		return a.seesFeed(who, e.Feed)
	}
	return who.Sees(e.Sync)
}

// me registers the operation that says who asks, and what for.
func (a *API) me() {
	huma.Register(a.huma, a.operation("get-me", http.MethodGet, "/api/me", "access", "Who you are, and what you may ask for"),
		func(ctx context.Context, _ *struct{}) (*answer[wire.Me], error) {
			who := whoOf(ctx)
			out := wire.Me{Name: who.Name, Token: who.Token, Role: string(who.Role), Syncs: who.Syncs, Expires: auth.Moment(who.Expires), May: []string{}}
			for _, op := range auth.Operations {
				if who.May(op.ID) == nil {
					out.May = append(out.May, op.ID)
				}
			}
			return answered(out, nil)
		})
}
