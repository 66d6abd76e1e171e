package kafka

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/twmb/franz-go/pkg/sr"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/httpcall"
)

const (
	maxSchema     = 4 << 20 // bytes of a registry's answer
	maxReferences = 256     // schemas that one schema is made of
)

// registry is a Confluent schema registry. The library knows its paths; the house's client makes the calls, so that
// they are bounded and what goes wrong has a name.
type registry struct {
	client *sr.Client
	calls  *httpcall.Client
}

func newRegistry(s connect.Settings, timeout time.Duration) (*registry, error) {
	address := s.Text("registry")
	if address == "" {
		return nil, nil
	}
	if u, err := url.Parse(address); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, badSetting("registry", "the registry's address is not a whole http or https URL", "Write it with scheme and host, as in http://127.0.0.1:8081")
	}
	user, password, token := s.Text("registry_username"), s.Secret("registry_password"), s.Secret("registry_token")
	if user != "" && !token.Empty() {
		return nil, badSetting("registry_token", "the registry is given a user and a token", "Set one of the two.")
	}
	calls, err := httpcall.New(httpcall.Options{Timeout: timeout, Idle: timeout, MaxBody: maxSchema, CAFile: s.Text("registry_ca_file")})
	if err != nil {
		return nil, err
	}
	opts := []sr.ClientOpt{sr.URLs(address), sr.UserAgent("freshet"), sr.HTTPClient(&http.Client{Transport: carrier{calls}})}
	if user != "" {
		opts = append(opts, sr.BasicAuth(user, password.Reveal()))
	}
	if !token.Empty() {
		opts = append(opts, sr.BearerToken(token.Reveal()))
	}
	client, err := sr.NewClient(opts...)
	if err != nil {
		calls.Close()
		return nil, badSetting("registry", "the settings do not make a client of the registry", "Check registry and what begins with registry_.")
	}
	return &registry{client: client, calls: calls}, nil
}

func (r *registry) close() { r.calls.Close() }

// carrier makes the library's calls with the house's client. A redirect is an answer like any other.
type carrier struct{ calls *httpcall.Client }

func (c carrier) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		defer func() { _ = r.Body.Close() }()
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	reply, err := c.calls.Do(r.Context(), httpcall.Request{Method: r.Method, URL: r.URL.String(), Header: r.Header, Body: body, ContentType: r.Header.Get("Content-Type")})
	if err != nil {
		return nil, err
	}
	if reply.Status >= 300 && reply.Status < 400 {
		return nil, httpcall.Standard(reply)
	}
	return &http.Response{StatusCode: reply.Status, Header: reply.Header, Body: io.NopCloser(bytes.NewReader(reply.Body)), Request: r}, nil
}

// Schema asks for a schema and everything it refers to.
func (r *registry) Schema(ctx context.Context, ref connect.SchemaRef) (connect.Schema, error) {
	found, err := r.find(ctx, ref)
	if err != nil {
		return connect.Schema{}, r.explain(ctx, err)
	}
	out := connect.Schema{Text: found.Schema}
	switch found.Type {
	case sr.TypeAvro:
		out.Kind = connect.AvroSchema
	case sr.TypeProtobuf:
		out.Kind = connect.ProtobufSchema
	case sr.TypeJSON:
		out.Kind = connect.JSONSchema
	}
	if strings.TrimSpace(out.Text) == "" {
		return connect.Schema{}, odd("the registry answers with something that is no schema")
	}
	w := walk{registry: r, names: map[string]bool{}, open: map[string]bool{}}
	if err := w.into(ctx, found.References); err != nil {
		return connect.Schema{}, r.explain(ctx, err)
	}
	out.References = w.found
	return out, nil
}

func (r *registry) find(ctx context.Context, ref connect.SchemaRef) (sr.Schema, error) {
	if ref.GUID == ([16]byte{}) {
		return r.client.SchemaByID(ctx, ref.ID)
	}
	found, err := r.client.SchemaByGUID(ctx, uuid.UUID(ref.GUID).String())
	return found.Schema, err
}

// walk collects references, each after those it has itself, and each once.
type walk struct {
	registry *registry
	found    []connect.NamedSchema
	names    map[string]bool // found already
	open     map[string]bool // being looked into
}

func (w *walk) into(ctx context.Context, refs []sr.SchemaReference) error {
	for _, ref := range refs {
		if w.names[ref.Name] {
			continue
		}
		if w.open[ref.Name] || len(w.open)+len(w.found) >= maxReferences {
			return odd("the schema refers to itself, or to more schemas than one can be made of")
		}
		w.open[ref.Name] = true
		version, err := w.registry.client.SchemaByVersion(ctx, ref.Subject, ref.Version)
		if err != nil {
			return err
		}
		if err := w.into(ctx, version.References); err != nil {
			return err
		}
		delete(w.open, ref.Name)
		w.names[ref.Name] = true
		w.found = append(w.found, connect.NamedSchema{Name: ref.Name, Text: version.Schema.Schema})
	}
	return nil
}

// explain tells a registry that has no such schema from one that does not answer. Nothing of an answer is quoted.
func (r *registry) explain(ctx context.Context, err error) error {
	var known *fault.Fault
	var call *connect.CallError
	var answer *sr.ResponseError
	var syntax *json.SyntaxError
	var shape *json.UnmarshalTypeError
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &known):
		return known
	case errors.As(err, &call):
		return problem("registry", "the schema registry does not answer: "+call.Message).At("registry").
			Do("Check the address and that the registry runs. Schemas that are known already are used meanwhile.")
	case errors.As(err, &answer):
		return r.answered(answer)
	case errors.As(err, &syntax), errors.As(err, &shape), errors.Is(err, io.ErrUnexpectedEOF):
		return odd("the registry answers with something that is not what a registry says")
	}
	return odd("the registry answers with something that is no schema")
}

func (r *registry) answered(a *sr.ResponseError) error {
	switch {
	case a.StatusCode == http.StatusNotFound && a.ErrorCode >= 40401 && a.ErrorCode <= 40499:
		return problem("schema_unknown", "the schema registry has no such schema").At("registry").
			Do("Check that the events come from a producer of this registry, and that the schema was not deleted there.")
	case a.StatusCode == http.StatusUnauthorized:
		return problem("registry", "the schema registry refuses the credentials").At("registry").Do("Check registry_username and registry_password, or registry_token.")
	case a.StatusCode == http.StatusForbidden:
		return problem("registry", "the schema registry does not let this user read").At("registry").
			Do("Check registry_username and registry_password, or registry_token, and that this user may read subjects and schemas.")
	case a.StatusCode == http.StatusNotFound:
		return odd("there is no schema registry at this address")
	}
	return problem("registry", "the schema registry cannot answer now: "+http.StatusText(a.StatusCode)).At("registry").Do("Look at the registry's own state; it is asked again.")
}

func odd(message string) *fault.Fault {
	return problem("registry", message).At("registry").Do("Check that the address is a schema registry's and not a proxy's or a page's.")
}
