package api

import (
	"bytes"
	"cmp"
	_ "embed"
	"encoding/json"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

//go:embed docs.html
var docsPage string

//go:embed docs.css
var docsStyle []byte

// describe serves the OpenAPI document and a page for people that is made from it. Neither needs anything from elsewhere.
func (a *API) describe() {
	document := a.huma.OpenAPI()
	delete(document.Components.Schemas.Map(), "ErrorModel") // the library's own: every problem is of our form
	text, err := json.MarshalIndent(document, "", "  ")
	if err != nil {
		panic(err) // types of ours that cannot be described: every test sees it
	}
	page := docsOf(document)
	a.mux.HandleFunc("GET /docs.css", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		_, _ = w.Write(docsStyle)
	})
	a.mux.HandleFunc("GET /openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/openapi+json")
		_, _ = w.Write(text)
	})
	a.mux.HandleFunc("GET /docs", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(page)
	})
}

// group is the operations of one tag, as the page shows them.
type group struct {
	Name       string
	Operations []shownOperation
}

type shownOperation struct {
	ID, Method, Path, Summary, Description string
	Takes                                  []taken
	Gives                                  string
}

// taken is one thing that an operation takes.
type taken struct {
	Name, In, Type, Doc string
	Required            bool
}

// docsOf makes the page.
func docsOf(document *huma.OpenAPI) []byte {
	groups := map[string]*group{}
	for _, path := range slices.Sorted(maps.Keys(document.Paths)) {
		item := document.Paths[path]
		for _, op := range []*huma.Operation{item.Get, item.Post} {
			if op == nil {
				continue
			}
			name := op.Tags[0]
			if groups[name] == nil {
				groups[name] = &group{Name: name}
			}
			groups[name].Operations = append(groups[name].Operations, shown(document, op))
		}
	}
	all := slices.SortedFunc(maps.Values(groups), func(a, b *group) int { return cmp.Compare(a.Name, b.Name) })
	var page bytes.Buffer
	if err := template.Must(template.New("docs").Parse(docsPage)).Execute(&page, all); err != nil {
		panic(err) // as above
	}
	return page.Bytes()
}

func shown(document *huma.OpenAPI, op *huma.Operation) shownOperation {
	out := shownOperation{ID: op.OperationID, Method: op.Method, Path: op.Path, Summary: op.Summary, Description: op.Description}
	for _, p := range op.Parameters {
		out.Takes = append(out.Takes, taken{p.Name, p.In, typeOf(p.Schema), p.Description, p.Required})
	}
	if op.RequestBody != nil {
		for _, media := range op.RequestBody.Content {
			out.Takes = append(out.Takes, members(document, media.Schema)...)
		}
	}
	for _, status := range []string{"202", "200"} {
		if op.Responses[status] == nil {
			continue
		}
		for _, media := range op.Responses[status].Content {
			out.Gives = typeOf(media.Schema)
		}
	}
	return out
}

// members are the members of a body.
func members(document *huma.OpenAPI, s *huma.Schema) (list []taken) {
	if s.Ref != "" {
		s = document.Components.Schemas.SchemaFromRef(s.Ref)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		list = append(list, taken{name, "body", typeOf(s.Properties[name]), s.Properties[name].Description, slices.Contains(s.Required, name)})
	}
	return list
}

func typeOf(s *huma.Schema) string {
	if s.Ref != "" {
		return s.Ref[strings.LastIndex(s.Ref, "/")+1:]
	}
	if s.Type == "array" && s.Items != nil {
		return "list of " + typeOf(s.Items)
	}
	return s.Type
}
