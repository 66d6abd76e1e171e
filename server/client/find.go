package client

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"time"

	"github.com/freshet/freshet/server/wire"
)

// findWithin is how long a server may take to say that it is there.
const findWithin = 5 * time.Second

// Find gives the server that serves the workspace of a data directory; false where there is none: nobody has left word of one, or
// whoever has it is gone.
func Find(ctx context.Context, dataDir, workspace string) (*Client, bool) {
	text, err := os.ReadFile(filepath.Join(dataDir, wire.DiscoveryFile))
	var d wire.Discovery
	if err != nil || json.Unmarshal(text, &d) != nil || d.URL == "" {
		return nil, false
	}
	c := New(d.URL, d.Token)
	ctx, cancel := context.WithTimeout(ctx, findWithin)
	defer cancel()
	about, err := get[wire.About](ctx, c, "/api/about", nil)
	return c, err == nil && about.Workspace == workspace
}
