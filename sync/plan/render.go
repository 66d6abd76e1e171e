package plan

import "io"

// Options of Render.
type Options struct {
	Color bool // ANSI colours
	Width int  // columns of the terminal; 0 is 100
	Full  bool // show every sample, not the first few
}

// Render tells a plan to people.
func Render(w io.Writer, s Summary, o Options) error { return nil }
