package control

import (
	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/feed"
	"github.com/freshet/freshet/sync/model"
	"github.com/freshet/freshet/sync/window"
)

// decoderOf makes what turns a feed's events into changes.
func decoderOf(def model.Feed, schemas connect.Schemas) (feed.Decoder, error) {
	return window.NewReader(window.Options{Format: def.Format, Key: def.Key, Columns: def.Columns})
}
