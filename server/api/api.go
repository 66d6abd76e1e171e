package api

import (
	"context"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/freshet/freshet/server/auth"
	"github.com/freshet/freshet/server/control"
	"github.com/freshet/freshet/server/wire"
	"github.com/freshet/freshet/sync/model"
)

// Parts are what the API works with.
type Parts struct {
	Service *control.Service // taken with Open
	Events  *Events          // what goes on
	Who     func(ctx context.Context, authorization string) (auth.Principal, error)
	About   wire.About      // who answers; You and Ready are filled in
	Until   context.Context // its end ends streams of events
}

// API answers under /api, /openapi.json and /docs.
type API struct {
	Parts
	mux  *http.ServeMux
	huma huma.API
	once once
}

// New makes the API of a workspace that is being served.
func New(parts Parts) *API {
	a := &API{Parts: parts, mux: http.NewServeMux()}
	a.huma = humago.New(a.mux, configuration(parts.About.Version))
	a.huma.UseMiddleware(a.admit)
	a.about()
	a.me()
	a.tokens()
	a.syncs()
	a.runs()
	a.feeds()
	a.replays()
	a.asides()
	a.acts()
	a.alerts()
	a.events()
	a.describe()
	return a
}

// configuration is that of the library: problems of our own kind, and nothing that reaches for other servers.
func configuration(version string) huma.Config {
	c := huma.DefaultConfig("Freshet", version)
	c.Info.Description = "What can be asked of a workspace while `freshet serve` has it."
	c.DocsPath, c.SchemasPath, c.OpenAPIPath, c.CreateHooks = "", "", "", nil
	c.RejectUnknownQueryParameters = true
	c.Transformers = []huma.Transformer{problems}
	c.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", nameOf)
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer",
		Description: "A token that `freshet token create` has made, or the one from server.json in the workspace's data directory."}}
	c.Security = []map[string][]string{{"token": {}}}
	return c
}

// nameOf names a type in the document. A run's problems are not the ones that requests are answered with.
func nameOf(t reflect.Type, hint string) string {
	if t == reflect.TypeFor[model.Problem]() {
		return "RunProblem"
	}
	return huma.DefaultSchemaNamer(t, hint)
}

// operation is what every operation of ours has: a problem is what it answers where it cannot do what it was asked.
func (a *API) operation(id, method, path, group, summary string) huma.Operation {
	schema := a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[wire.Problem](), true, "Problem")
	return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Tags: []string{group},
		BodyReadTimeout: -1, // it is in memory by then: a limit of the library's would end those who wait for a run
		Responses: map[string]*huma.Response{"default": {Description: "What is wrong.",
			Content: map[string]*huma.MediaType{"application/problem+json": {Schema: schema}}}}}
}

// ServeHTTP answers a request: under /api only those of whom it is known who they are.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if _, pattern := a.mux.Handler(r); pattern == "" {
		a.nothing(w, r)
		return
	}
	if isPublic(r.URL.Path) {
		a.mux.ServeHTTP(w, r)
		return
	}
	authorization := r.Header.Get("Authorization")
	who, err := a.Who(r.Context(), authorization)
	if err != nil {
		w.Header().Set("WWW-Authenticate", `Bearer realm="freshet"`)
		WriteProblem(w, err)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	ctx := control.WithActor(r.Context(), control.Actor{Name: who.Name, Via: who.Token})
	ctx = context.WithValue(ctx, whoKey{}, who)
	r = r.WithContext(context.WithValue(ctx, stillKey{}, func() error { _, err := a.Who(ctx, authorization); return err }))
	a.once.serve(a, who, w, r)
}

// isPublic says of a path whether anybody who can reach us may read it: what describes the API, and holds nothing of a workspace.
func isPublic(path string) bool {
	return path == "/openapi.json" || path == "/docs" || path == "/docs.css"
}
