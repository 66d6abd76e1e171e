package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2/sse"

	"github.com/freshet/freshet/server/wire"
)

// aliveEvery is how often a stream says that it is alive.
const aliveEvery = 15 * time.Second

// events registers the stream of what goes on.
func (a *API) events() {
	op := a.operation("events", http.MethodGet, "/api/events", "server", "What goes on, as it happens (server-sent events)")
	op.Description = "Each event has a number as its id. Whoever comes back with the last one in Last-Event-ID gets what went by since; " +
		"where some of that is kept no more, an event `lost` comes first. Without the header the stream begins with now."
	sse.Register(a.huma, op, map[string]any{"message": wire.Event{}, "lost": wire.Lost{}, "alive": wire.Alive{}},
		func(ctx context.Context, in *struct {
			Last int64 `header:"Last-Event-ID" doc:"the id of the last event that was seen"`
		}, send sse.Sender) {
			seen := in.Last
			if seen == 0 {
				seen = a.Events.last()
			}
			a.stream(ctx, seen, send)
		})
}

// stream sends what comes behind an event until the listener or the server goes.
func (a *API) stream(ctx context.Context, seen int64, send sse.Sender) {
	who, asked := whoOf(ctx), time.Now()
	err := send.Data(wire.Alive{At: time.Now().UTC().Format(time.RFC3339)})
	for err == nil {
		b := a.Events.after(seen)
		if b.lost != nil {
			err = send(sse.Message{ID: int(b.first - 1), Data: *b.lost})
		}
		for i := range b.events {
			if err == nil && a.sees(who, b.events[i]) {
				err = send(sse.Message{ID: int(b.first) + i, Data: b.events[i]})
			}
		}
		seen = b.first + int64(len(b.events)) - 1
		if time.Since(asked) >= aliveEvery {
			if asked = time.Now(); !still(ctx) {
				return // its token has ended meanwhile
			}
		}
		select {
		case <-b.heard:
		case <-time.After(aliveEvery):
			if err == nil {
				err = send.Data(wire.Alive{At: time.Now().UTC().Format(time.RFC3339)})
			}
		case <-ctx.Done():
			return
		case <-a.Until.Done():
			return
		}
	}
}
