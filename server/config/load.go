package config

import (
	"cmp"
	"errors"
	"path/filepath"
	"slices"

	"github.com/freshet/freshet/sync/audience"
	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/contract"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
)

// Load reads the workspace in a folder: freshet.yaml and any other YAML file directly beside it, merged by section; or
// one file where dir names a file. ${NAME} is read through getenv.
//
// Everything that is wrong comes back at once, as joined *fault.Fault of kind Usage in the order of the files; Faults
// takes them apart. The workspace is nil then.
func Load(dir string, drivers []connect.Driver, getenv func(string) (string, bool)) (*Workspace, error) {
	root, names, err := locate(dir)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(rank(a), rank(b)) })
	r := &report{getenv: getenv}
	grammar := workspace(drivers)
	docs, broken := r.read(root, names, grammar)
	if len(docs) == 0 && !broken {
		return nil, absent(dir)
	}
	b := &builder{report: r, drivers: drivers, root: root, docs: docs, sections: r.merge(docs)}
	if !broken { // half a workspace would only seem to lack what the broken file holds
		b.build()
	}
	if len(r.faults) > 0 {
		return nil, r.err()
	}
	b.w.Warnings = r.warned()
	return &b.w, nil
}

func rank(name string) int {
	if name == mainFile {
		return 0
	}
	return 1
}

func (r *report) read(root string, names []string, grammar *shape) (docs []document, broken bool) {
	for _, name := range names {
		doc, ok := r.parse(root, name)
		if !ok {
			broken = true
			continue
		}
		if r.foreign(doc, grammar) {
			continue
		}
		docs = append(docs, doc)
		if !doc.top.absent() && !doc.top.isNull() {
			r.check(doc.top, grammar, 0)
		}
	}
	return docs, broken
}

func (r *report) err() error {
	sortPlaced(r.faults)
	errs := make([]error, len(r.faults))
	for i, f := range r.faults {
		errs[i] = f.fault
	}
	return errors.Join(errs...)
}

func (r *report) warned() []fault.Fault {
	sortPlaced(r.warnings)
	var all []fault.Fault
	for _, w := range r.warnings {
		all = append(all, *w.fault)
	}
	return all
}

func sortPlaced(all []placed) {
	slices.SortStableFunc(all, func(a, b placed) int {
		return cmp.Or(cmp.Compare(rank(a.pos.File), rank(b.pos.File)), cmp.Compare(a.pos.File, b.pos.File),
			cmp.Compare(a.pos.Line, b.pos.Line), cmp.Compare(a.pos.Col, b.pos.Col))
	})
}

// Faults takes joined errors apart; an error that is no fault becomes an internal one.
func Faults(err error) []*fault.Fault {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []*fault.Fault
		for _, e := range joined.Unwrap() {
			all = append(all, Faults(e)...)
		}
		return all
	}
	return []*fault.Fault{fault.As(err)}
}

// builder makes the workspace from the merged sections. It runs after the checks and is quiet about what they said.
type builder struct {
	*report
	drivers  []connect.Driver
	root     string
	docs     []document
	sections map[string][]member
	read     map[string]*contract.Contract // contracts by file; nil: it was read and is wrong
	w        Workspace
}

// fail reports a mistake unless the checks have said something of the same place already.
func (b *builder) fail(p model.Pos, code, message, suggestion string) {
	said := func(f placed) bool { return f.pos == p && f.fault.Code != "config.required" }
	if !slices.ContainsFunc(b.faults, said) {
		b.report.fail(p, code, message, suggestion)
	}
}

func (b *builder) build() {
	b.w = Workspace{Root: b.root, Name: b.top("workspace", filepath.Base(b.root)),
		Models: map[string]model.Model{}, Contracts: map[string]*contract.Checks{}, FeedContracts: map[string]*contract.Checks{}, Audiences: map[string]Audience{}, Related: map[string]audience.Catalogue{}, Feeds: map[string]model.Feed{},
		Sources: map[string]Endpoint{}, Destinations: map[string]Endpoint{}}
	b.w.DataDir = b.path(b.top("data_dir", ".freshet"))
	b.w.TimeZone = b.top("time_zone", "UTC")
	for _, m := range b.sections["governance"] {
		b.w.TwoPeople = b.w.TwoPeople || m.key.name == "approvals" && b.str(m.val) == "two_person"
		b.w.Unreviewed = b.w.Unreviewed || m.key.name == "unreviewed" && b.str(m.val) == "warn"
	}
	for _, doc := range b.docs {
		b.w.Files = append(b.w.Files, doc.name)
	}
	for _, m := range b.sections["sources"] {
		b.source(m)
	}
	for _, m := range b.sections["destinations"] {
		b.destination(m)
	}
	for _, m := range b.sections["feeds"] {
		b.feed(m)
	}
	for _, m := range b.sections["models"] {
		b.model(m)
	}
	for _, m := range b.sections["audiences"] {
		b.audience(m)
	}
	for _, m := range b.sections["syncs"] {
		b.sync(m)
	}
	for _, m := range b.sections["alerts"] {
		b.alert(m)
	}
	b.uses()
	b.definitions()
	b.sameObjects()
}

// top reads one of the texts at the top of the workspace.
func (b *builder) top(name, otherwise string) string {
	if all := b.sections[name]; len(all) > 0 {
		return cmp.Or(b.str(all[0].val), otherwise)
	}
	return otherwise
}

// str is the text at v with the environment read; "" where there is none. What is wrong with it was reported.
func (b *builder) str(v value) string {
	if v.absent() || v.isNull() {
		return ""
	}
	return expand(v.raw(), b.getenv).text
}

func (b *builder) strs(v value) []string {
	var all []string
	for _, item := range v.items() {
		all = append(all, b.str(item))
	}
	return all
}

func (b *builder) path(p string) string {
	if filepath.IsAbs(p) {
		return filepath.Clean(p)
	}
	return filepath.Join(b.root, p)
}
