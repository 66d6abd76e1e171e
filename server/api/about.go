package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/freshet/freshet/server/control"
	"github.com/freshet/freshet/server/wire"
)

// answer is an answer with a body.
type answer[T any] struct{ Body T }

// answered is an answer, or the problem that there is instead.
func answered[T any](body T, err error) (*answer[T], error) {
	if err != nil {
		return nil, problem(err)
	}
	return &answer[T]{Body: body}, nil
}

// about registers the operation that says who answers.
func (a *API) about() {
	huma.Register(a.huma, a.operation("about", http.MethodGet, "/api/about", "server", "Who answers"),
		func(ctx context.Context, _ *struct{}) (*answer[wire.About], error) {
			about := a.About
			about.Ready, about.You = a.Service.Ready(), control.ActorOf(ctx).Name
			return answered(about, nil)
		})
}
