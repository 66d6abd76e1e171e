package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/freshet/freshet/server/control"
	"github.com/freshet/freshet/server/wire"
)

// replays registers what can be asked of replays.
func (a *API) replays() {
	start := a.operation("start-replay", http.MethodPost, "/api/feeds/{feed}/replays", "feeds",
		"Make a feed's table of its raw events anew: show what would be sent or, with apply, keep the rows and send it")
	start.DefaultStatus = http.StatusAccepted
	huma.Register(a.huma, start, func(ctx context.Context, in *struct {
		OfFeed
		Named
		Body *wire.StartReplay
	}) (*answer[wire.ReplayAsked], error) {
		ask := wire.StartReplay{}
		if in.Body != nil {
			ask = *in.Body
		}
		from, _ := time.Parse(time.RFC3339, ask.From) // its form was checked
		to, _ := time.Parse(time.RFC3339, ask.To)
		id, err := a.Service.StartReplay(ctx, in.Feed, control.ReplayOptions{From: from, To: to, Definition: ask.Definition, Apply: ask.Apply}, ask.Why)
		return answered(wire.ReplayAsked{Replay: id, Feed: in.Feed}, err)
	})
	get := a.operation("get-replay", http.MethodGet, "/api/replays/{replay}", "feeds", "How a replay stands and, once it is done, what it came to")
	huma.Register(a.huma, get, func(ctx context.Context, in *struct {
		Replay string `path:"replay" maxLength:"100"`
		Patient
	}) (*answer[wire.Replay], error) {
		ctx, cancel := context.WithTimeout(ctx, seconds(in.Wait))
		defer cancel()
		return answered(a.Service.AwaitReplay(ctx, in.Replay))
	})
}
