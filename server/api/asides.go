package api

import (
	"context"
	"encoding/base64"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/freshet/freshet/server/wire"
	"github.com/freshet/freshet/sync/fault"
)

// OfEvent names an event that a feed has set aside.
type OfEvent struct {
	OfFeed
	Number int64 `path:"number" minimum:"1" doc:"as the list gives it"`
}

// mostReleased is how large the request of a release may be: an event of a megabyte in base64, and more.
const mostReleased = 8 << 20

// asides registers what can be asked of events that were set aside.
func (a *API) asides() {
	huma.Register(a.huma, a.operation("list-events-aside", http.MethodGet, "/api/feeds/{feed}/aside", "events set aside",
		"The events of a feed that wait for a person, oldest first"),
		func(ctx context.Context, in *struct {
			OfFeed
			After int64 `query:"after" minimum:"0" doc:"the next of the page before"`
			Limit int   `query:"limit" minimum:"1" maximum:"100000" default:"50"`
		}) (*answer[wire.FeedAsides], error) {
			return answered(a.Service.FeedAside(ctx, in.Feed, in.After, in.Limit))
		})
	huma.Register(a.huma, a.operation("get-event-aside", http.MethodGet, "/api/feeds/{feed}/aside/{number}", "events set aside",
		"One event as it came, its payload with it"),
		func(ctx context.Context, in *OfEvent) (*answer[wire.FeedAside], error) {
			return answered(a.Service.ShowAside(ctx, in.Feed, in.Number))
		})
	a.decisions()
}

// decisions registers what can be decided about such an event.
func (a *API) decisions() {
	release := a.operation("release-event", http.MethodPost, "/api/feeds/{feed}/aside/{number}/release", "events set aside",
		"Take an event in after all, as it came or with another value")
	release.MaxBodyBytes = mostReleased
	huma.Register(a.huma, release, func(ctx context.Context, in *struct {
		OfEvent
		Named
		Body *wire.Release
	}) (*answer[wire.Released], error) {
		ask := wire.Release{}
		if in.Body != nil {
			ask = *in.Body
		}
		edited, err := valueOf(ask)
		if err != nil {
			return nil, problem(err)
		}
		return answered(a.Service.Release(ctx, in.Feed, in.Number, edited, ask.Why))
	})
	huma.Register(a.huma, a.operation("retry-events", http.MethodPost, "/api/feeds/{feed}/aside/retry", "events set aside",
		"Try every event that waits once more"),
		func(ctx context.Context, in *struct {
			OfFeed
			Named
			Body *wire.Because
		}) (*answer[wire.Released], error) {
			why := ""
			if in.Body != nil {
				why = in.Body.Why
			}
			return answered(a.Service.Release(ctx, in.Feed, 0, nil, why))
		})
	huma.Register(a.huma, a.operation("drop-event", http.MethodPost, "/api/feeds/{feed}/aside/{number}/drop", "events set aside", "Let an event go"),
		func(ctx context.Context, in *struct {
			OfEvent
			Named
			Body wire.Drop
		}) (*answer[wire.Dropped], error) {
			err := a.Service.Drop(ctx, in.Feed, in.Number, in.Body.Why)
			return answered(wire.Dropped{Feed: in.Feed, Dropped: in.Number}, err)
		})
}

// valueOf is the value to put in the event's place; nil: none.
func valueOf(r wire.Release) ([]byte, error) {
	if r.Value == nil {
		return nil, nil
	}
	if !r.ValueBase64 {
		return []byte(*r.Value), nil
	}
	value, err := base64.StdEncoding.DecodeString(*r.Value)
	if err != nil {
		return nil, fault.New(fault.Usage, "api.base64", "value is said to be in base64 and is not").Do("write it in standard base64, with padding")
	}
	return value, nil
}
