package api

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/freshet/freshet/server/wire"
	"github.com/freshet/freshet/sync/fault"
)

// problem is an error as the library wants it: with its status, in our own form.
func problem(err error) error {
	if err == nil {
		return nil
	}
	return wire.ProblemOf(fault.As(err))
}

// problems gives what the library finds wrong with a request our own form. The values that were wrong are left out: they may be
// somebody's data.
func problems(_ huma.Context, _ string, v any) (any, error) {
	m, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	p := &wire.Problem{Title: http.StatusText(m.Status), Status: m.Status, Detail: m.Detail, Code: "api.request", Kind: fault.Usage.String(),
		Suggestion: "see /docs for what it takes"}
	if m.Status >= http.StatusInternalServerError {
		p.Code, p.Kind, p.Suggestion = "internal", fault.Internal.String(), ""
	}
	for _, e := range m.Errors {
		if e != nil {
			p.Errors = append(p.Errors, wire.Detail{Location: e.Location, Message: e.Message})
		}
	}
	return p, nil
}

// WriteProblem answers with a fault.
func WriteProblem(w http.ResponseWriter, err error) { writeProblem(w, wire.ProblemOf(fault.As(err))) }

func writeProblem(w http.ResponseWriter, p *wire.Problem) {
	text, _ := json.Marshal(p)
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	_, _ = w.Write(text)
}

// tooLarge is what is said of a body that cannot be taken in.
func tooLarge() *wire.Problem {
	const status = http.StatusRequestEntityTooLarge
	return &wire.Problem{Status: status, Title: http.StatusText(status), Detail: "the request's body is too large, or did not come in time",
		Code: "api.body", Kind: fault.Usage.String(), Suggestion: "see /docs for what it takes"}
}

// methods are those that operations have.
var methods = []string{http.MethodGet, http.MethodPost}

// nothing answers where there is no such operation.
func (a *API) nothing(w http.ResponseWriter, r *http.Request) {
	var allowed []string
	for _, method := range methods {
		other := r.Clone(r.Context())
		other.Method = method
		if _, pattern := a.mux.Handler(other); pattern != "" {
			allowed = append(allowed, method)
		}
	}
	p := &wire.Problem{Status: http.StatusNotFound, Detail: "there is nothing of that name here", Code: "api.not_found", Kind: fault.Usage.String(),
		Suggestion: "see /docs for what there is"}
	if len(allowed) > 0 {
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		p.Status, p.Code, p.Detail = http.StatusMethodNotAllowed, "api.method", "it cannot be asked for in this way"
		p.Suggestion = "use " + strings.Join(allowed, " or ")
	}
	p.Title = http.StatusText(p.Status)
	writeProblem(w, p)
}
