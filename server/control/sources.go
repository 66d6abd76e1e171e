package control

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/freshet/freshet/server/config"
	"github.com/freshet/freshet/sync/model"
)

// sqlOf is the SQL of models and of all models they use.
func (s *Service) sqlOf(models []model.Model) string {
	var texts []string
	for _, m := range models {
		texts = append(texts, m.SQL)
		for _, used := range s.modelsOf(m) {
			texts = append(texts, used.SQL)
		}
	}
	return strings.Join(texts, "\n")
}

// sourcesOf names the sources that SQL may read: those whose name stands in it. Attaching one too many costs time and
// nothing else; so a name in a comment does no harm. Streams are read by feeds.
func (s *Service) sourcesOf(all string) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(s.workspace.Sources)), func(name string) bool {
		return s.workspace.Sources[name].Driver.Spec.Streams || !mentions(all, name)
	})
}

func mentions(sql, name string) bool {
	word := regexp.MustCompile(`(?i)(^|[^\p{L}\p{N}_])"?` + regexp.QuoteMeta(name) + `"?\s*\.`)
	return word.MatchString(sql)
}

// namedIn says of a table whether its name stands anywhere in SQL. One table too many costs time and nothing else.
func namedIn(sql string) func(table string) bool {
	sql = strings.ToLower(sql)
	return func(table string) bool {
		table = strings.ToLower(table)
		return strings.Contains(sql, table) || strings.Contains(sql, strings.ReplaceAll(table, `"`, `""`))
	}
}

// modelsOf lists the models a model uses, directly or not, each after those it uses itself.
func (s *Service) modelsOf(m model.Model) []model.Model {
	need := map[string]bool{}
	var visit func(model.Model)
	visit = func(m model.Model) {
		for _, name := range m.Uses {
			if !need[name] {
				need[name] = true
				visit(s.workspace.Models[name])
			}
		}
	}
	visit(m)
	var out []model.Model
	for _, name := range s.workspace.Order {
		if need[name] {
			out = append(out, s.workspace.Models[name])
		}
	}
	return out
}

// account names the account a destination writes to, so that syncs which share its limits share one lane. It is a hash
// of what identifies the account, its secrets included, and tells nothing about them. An explicit setting wins.
func account(e config.Endpoint) string {
	if name := e.Settings.Text("account"); name != "" {
		return e.Type + ":" + name
	}
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(e.Settings.Values)) {
		if identifies[name] {
			h.Write([]byte(name + "=" + e.Settings.Values[name] + "\n"))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(e.Settings.Secrets)) {
		h.Write([]byte(name + "=" + e.Settings.Secrets[name].Reveal() + "\n"))
	}
	return e.Type + ":" + hex.EncodeToString(h.Sum(nil)[:8])
}

// identifies are the settings that tell accounts apart where there is no secret to do it.
var identifies = map[string]bool{"url": true, "base_url": true, "instance_url": true, "client_id": true, "username": true}
