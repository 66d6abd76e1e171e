package control

import (
	"context"
	"maps"
	"slices"

	"github.com/freshet/freshet/sync/policy"
)

// classifySample is how many rows of a model are looked at.
const classifySample = 10_000

// Classified is what a column of a model is said to be, and what it seems to be.
type Classified struct {
	Model    string   `json:"model"`
	Column   string   `json:"column"`
	Type     string   `json:"type"`
	Class    string   `json:"class,omitempty"` // as people have said
	Purposes []string `json:"purposes,omitempty"`
	Reviewed bool     `json:"reviewed"`
	Proposed string   `json:"proposed"` // class
	Why      string   `json:"why"`
	Doubted  bool     `json:"doubted"` // its values tell of a person, and its class does not
}

// Classify looks at the names of models' columns and at what a sample of their values looks like. No model means all.
func (s *Service) Classify(ctx context.Context, models []string) ([]Classified, error) {
	if len(models) == 0 {
		models = slices.Sorted(maps.Keys(s.workspace.Models))
	}
	var all []Classified
	for _, name := range models {
		if _, ok := s.workspace.Models[name]; !ok {
			return nil, unknown("model", name, s.workspace.Models)
		}
	}
	for _, name := range models {
		of, err := s.classify(ctx, name)
		if err != nil {
			return nil, err
		}
		all = append(all, of...)
	}
	return all, nil
}

func (s *Service) classify(ctx context.Context, name string) (all []Classified, err error) {
	m := s.workspace.Models[name]
	e, shut, err := s.engine(ctx, m)
	if err != nil {
		return nil, err
	}
	defer shut()
	var patterns []string
	for _, shape := range policy.Shapes() {
		patterns = append(patterns, shape.Pattern)
	}
	columns, err := e.AlikeOf(ctx, m, patterns, classifySample)
	for _, c := range columns {
		said, g := policy.Of(m, c.Column), policy.GuessOf(c.Column, policy.Seen{Filled: c.Filled, Like: c.Matches})
		all = append(all, Classified{Model: name, Column: c.Column, Type: c.Type, Class: said.Class, Purposes: said.Purposes,
			Reviewed: policy.Reviewed(said), Proposed: g.Class, Why: g.Why, Doubted: said.Class != "" && policy.Doubted(said.Class, g)})
	}
	return all, err
}
