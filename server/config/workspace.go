package config

import (
	"github.com/freshet/freshet/sync/audience"
	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/contract"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
)

// Workspace is everything people have written, checked, with defaults filled in.
type Workspace struct {
	Name          string // "workspace:", or the name of the folder
	Root          string // absolute folder of the files; relative paths in them start here
	DataDir       string // absolute folder of ledger, history and plans
	TimeZone      string // of schedules that name none
	Unreviewed    bool   // columns that nobody has reviewed may leave, with a warning
	TwoPeople     bool   // a plan that a guard holds needs one who asked for it and another who approves it
	Models        map[string]model.Model
	Order         []string                    // names of the models, each after those it uses
	Contracts     map[string]*contract.Checks // by model, where it names one
	Feeds         map[string]model.Feed
	FeedContracts map[string]*contract.Checks // by feed, where it names one
	Audiences     map[string]Audience
	Related       map[string]audience.Catalogue // what models say of related tables and consent, by model
	Syncs         []model.Sync                  // in the order of the files
	Sources       map[string]Endpoint
	Destinations  map[string]Endpoint
	Alerts        []Alert // in the order of the files
	Warnings      []fault.Fault
	Files         []string // relative to Root, as read
}

// Endpoint is one source or destination with its connector.
type Endpoint struct {
	Name     string
	Type     string
	Driver   connect.Driver
	Settings connect.Settings
	Purposes []string // what data sent here is for; destinations only
	Pos      model.Pos
}

// Audience is a named part of a model.
type Audience struct {
	Name       string
	Model      string
	Owner      string
	Definition audience.Definition
	Places     map[string]model.Pos // where parts of the definition stand, by their paths
	Pos        model.Pos
}

// Sync finds a sync by name.
func (w *Workspace) Sync(name string) (model.Sync, error) {
	names := make([]string, len(w.Syncs))
	for i, s := range w.Syncs {
		if s.Name == name {
			return s, nil
		}
		names[i] = s.Name
	}
	return model.Sync{}, fault.New(fault.Usage, "config.unknown_sync", "there is no sync named "+quote(name)).
		Do(suggest(name, names))
}
