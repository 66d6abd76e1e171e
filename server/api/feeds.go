package api

import (
	"context"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"github.com/freshet/freshet/server/wire"
)

// OfFeed names a feed.
type OfFeed struct {
	Feed string `path:"feed" maxLength:"200" doc:"its name"`
}

// feeds registers what can be asked of feeds.
func (a *API) feeds() {
	huma.Register(a.huma, a.operation("list-feeds", http.MethodGet, "/api/feeds", "feeds", "Where every feed stands"),
		func(ctx context.Context, _ *struct{}) (*answer[wire.FeedList], error) {
			list, err := a.Service.FeedStatuses(ctx)
			list = slices.DeleteFunc(list, func(f wire.FeedStatus) bool { return !a.seesFeed(whoOf(ctx), f.Feed) })
			return answered(wire.FeedList{Feeds: list}, err)
		})
	huma.Register(a.huma, a.operation("get-feed", http.MethodGet, "/api/feeds/{feed}", "feeds", "Where one feed stands"),
		func(ctx context.Context, in *OfFeed) (*answer[wire.FeedStatus], error) {
			return answered(a.Service.FeedStatusOf(ctx, in.Feed))
		})
	huma.Register(a.huma, a.operation("pause-feed", http.MethodPost, "/api/feeds/{feed}/pause", "feeds", "Stop taking a feed in"),
		func(ctx context.Context, in *struct {
			OfFeed
			Named
			Body wire.Pause
		}) (*answer[wire.FeedStatus], error) {
			if err := a.Service.PauseFeed(ctx, in.Feed, in.Body.Why); err != nil {
				return nil, problem(err)
			}
			return answered(a.Service.FeedStatusOf(ctx, in.Feed))
		})
	huma.Register(a.huma, a.operation("resume-feed", http.MethodPost, "/api/feeds/{feed}/resume", "feeds", "Let a feed go on"),
		func(ctx context.Context, in *struct {
			OfFeed
			Named
			Body *wire.Resume
		}) (*answer[wire.FeedStatus], error) {
			if err := a.Service.ResumeFeed(ctx, in.Feed, in.Body != nil && in.Body.Accept); err != nil {
				return nil, problem(err)
			}
			return answered(a.Service.FeedStatusOf(ctx, in.Feed))
		})
}
