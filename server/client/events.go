package client

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/freshet/freshet/server/wire"
)

// longestLine is how long a line of the stream may be.
const longestLine = 1 << 20

// Events calls each with what goes on from now until ctx ends or the stream does; it is for progress displays, so what is lost is
// lost.
func (c *Client) Events(ctx context.Context, each func(wire.Event)) {
	answer, err := c.send(ctx, http.MethodGet, "/api/events", "", nil)
	if err != nil {
		return
	}
	defer answer.Body.Close()
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(nil, longestLine)
	kind := ""
	for lines.Scan() {
		line := lines.Text()
		if name, ok := strings.CutPrefix(line, "event: "); ok {
			kind = name
		}
		if text, ok := strings.CutPrefix(line, "data: "); ok && kind == "" {
			var e wire.Event
			if json.Unmarshal([]byte(text), &e) == nil {
				each(e)
			}
		}
		if line == "" {
			kind = ""
		}
	}
}
