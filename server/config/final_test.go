package config_test

import (
	"strings"
	"testing"

	"github.com/freshet/freshet/server/config"
	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/model"
)

// TestWhatNobodyCanUndoIsWrittenDown: a mirror archives where deleting is final, unless its definition says delete.
// Guarantee G26.
func TestWhatNobodyCanUndoIsWrittenDown(t *testing.T) {
	const workspace = `models: {a: {sql: select 1 as x, key: x}}
destinations: {hook: {type: webhook, url: "https://example.com"}}
syncs: {one: {model: a, destination: hook, fields: {x: x}, mode: mirror}}
`
	for _, c := range []struct {
		text  string
		final bool
		want  model.OnLeave
	}{
		{workspace, true, model.Archive},
		{workspace, false, model.Delete},
		{strings.Replace(workspace, "mode: mirror", "mode: mirror, on_leave: delete", 1), true, model.Delete},
	} {
		drivers := testDrivers()
		for _, d := range drivers {
			for _, o := range d.Spec.Objects {
				for i := range o.Verbs {
					o.Verbs[i].Final = c.final && o.Verbs[i].Verb == connect.Delete
				}
			}
		}
		w, err := config.Load(folder(t, "freshet.yaml", c.text), drivers, environment)
		if err != nil {
			t.Fatal(err)
		}
		if got := w.Syncs[0].OnLeave; got != c.want {
			t.Errorf("final %t: on_leave is %s, want %s, in\n%s", c.final, got, c.want, c.text)
		}
	}
}
