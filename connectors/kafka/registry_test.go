package kafka

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/twmb/franz-go/pkg/sr"

	"github.com/freshet/freshet/connectors/kafka/kafkafake"
	"github.com/freshet/freshet/sync/connect"
)

func registryOf(t *testing.T, o kafkafake.RegistryOptions) *kafkafake.Registry {
	t.Helper()
	r, err := kafkafake.StartRegistry(o)
	must(t, err)
	t.Cleanup(r.Close)
	return r
}

// schemas opens a source over a registry; nobody asks its brokers.
func schemas(t *testing.T, address string, more ...string) connect.Schemas {
	t.Helper()
	s := connect.Settings{Name: "stream", Lists: map[string][]string{"brokers": {"127.0.0.1:1"}}, Secrets: map[string]connect.Secret{},
		Values: map[string]string{"registry": address, "timeout": "2s"}}
	for i := 0; i+1 < len(more); i += 2 {
		if name, secret := strings.CutPrefix(more[i], "!"); secret {
			s.Secrets[name] = connect.NewSecret(more[i+1])
		} else {
			s.Values[name] = more[i+1]
		}
	}
	return openSource(t, s).Schemas()
}

func register(t *testing.T, r *kafkafake.Registry, subject string, schema sr.Schema) (int, [16]byte) {
	t.Helper()
	id, guid, err := r.Register(subject, schema)
	must(t, err)
	parsed, err := uuid.Parse(guid)
	must(t, err)
	return id, parsed
}

func TestSchemas(t *testing.T) {
	r := registryOf(t, kafkafake.RegistryOptions{})
	const avro, proto, js = `{"type":"record","name":"Cart","fields":[]}`, `syntax = "proto3"; message Cart {}`, `{"type":"object"}`
	for kind, c := range map[connect.SchemaKind]sr.Schema{connect.AvroSchema: {Schema: avro}, connect.ProtobufSchema: {Schema: proto, Type: sr.TypeProtobuf}, connect.JSONSchema: {Schema: js, Type: sr.TypeJSON}} {
		id, guid := register(t, r, fmt.Sprintf("s%d", kind), c)
		for how, ref := range map[string]connect.SchemaRef{"number": {ID: id}, "GUID": {GUID: guid}, "GUID before number": {ID: 99, GUID: guid}} {
			got, err := schemas(t, r.URL()).Schema(t.Context(), ref)
			must(t, err)
			if diff := cmp.Diff(connect.Schema{Kind: kind, Text: c.Schema}, got); diff != "" {
				t.Errorf("by %s: %s", how, diff)
			}
		}
	}
	_, err := schemas(t, r.URL()).Schema(t.Context(), connect.SchemaRef{ID: 4711})
	wantFault(t, err, "stream.schema_unknown", "producer")
	_, err = schemas(t, r.URL()).Schema(t.Context(), connect.SchemaRef{GUID: uuid.New()})
	wantFault(t, err, "stream.schema_unknown")
}

// TestReferences: each comes before those that import it, and once.
func TestReferences(t *testing.T) {
	r := registryOf(t, kafkafake.RegistryOptions{})
	money := sr.Schema{Schema: `syntax = "proto3"; message Money {}`, Type: sr.TypeProtobuf}
	line := sr.Schema{Schema: `syntax = "proto3"; import "money.proto"; message Line {}`, Type: sr.TypeProtobuf,
		References: []sr.SchemaReference{{Name: "money.proto", Subject: "money", Version: 1}}}
	cart := sr.Schema{Schema: `syntax = "proto3"; import "line.proto"; import "money.proto"; message Cart {}`, Type: sr.TypeProtobuf,
		References: []sr.SchemaReference{{Name: "line.proto", Subject: "a/line ü", Version: 1}, {Name: "money.proto", Subject: "money", Version: 1}}}
	register(t, r, "money", money)
	register(t, r, "a/line ü", line)
	id, _ := register(t, r, "cart", cart)
	got, err := schemas(t, r.URL()).Schema(t.Context(), connect.SchemaRef{ID: id})
	must(t, err)
	want := []connect.NamedSchema{{Name: "money.proto", Text: money.Schema}, {Name: "line.proto", Text: line.Schema}}
	if diff := cmp.Diff(want, got.References); diff != "" {
		t.Error(diff)
	}
	// A registry whose schemas refer to each other is asked a bounded number of times.
	asked := 0
	r.Intercept(func(w http.ResponseWriter, req *http.Request) bool {
		if asked++; !strings.Contains(req.URL.Path, "/subjects/") {
			return false
		}
		_, _ = fmt.Fprintf(w, `{"schema":"x","schemaType":"PROTOBUF","references":[{"name":"n%d","subject":"s","version":1}]}`, asked)
		return true
	})
	_, err = schemas(t, r.URL()).Schema(t.Context(), connect.SchemaRef{ID: id})
	wantFault(t, err, "stream.registry", "itself")
	if asked > 2*maxReferences {
		t.Errorf("it was asked %d times", asked)
	}
}

func TestRegistrySignIn(t *testing.T) {
	basic := registryOf(t, kafkafake.RegistryOptions{Auth: "Basic YWRhOmh1bnRlcjI="}) // ada:hunter2
	id, _ := register(t, basic, "s", sr.Schema{Schema: `"string"`})
	_, err := schemas(t, basic.URL(), "registry_username", "ada", "!registry_password", "hunter2").Schema(t.Context(), connect.SchemaRef{ID: id})
	must(t, err)
	_, err = schemas(t, basic.URL(), "registry_username", "ada", "!registry_password", canary).Schema(t.Context(), connect.SchemaRef{ID: id})
	wantFault(t, err, "stream.registry", "registry_password")
	bearer := registryOf(t, kafkafake.RegistryOptions{Auth: "Bearer good"})
	id, _ = register(t, bearer, "s", sr.Schema{Schema: `"string"`})
	_, err = schemas(t, bearer.URL(), "!registry_token", "good").Schema(t.Context(), connect.SchemaRef{ID: id})
	must(t, err)
}

// TestOddRegistries: whatever answers at the address, it is bounded, and nothing of it is quoted.
func TestOddRegistries(t *testing.T) {
	write := func(status int, body string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
			return true
		}
	}
	for name, c := range map[string]struct {
		answer func(http.ResponseWriter, *http.Request) bool
		says   string
	}{
		"a page":           {write(200, "<html>"+canary+"</html>"), "proxy"},
		"a page not found": {write(404, "<html>"+canary+"</html>"), "no schema registry"},
		"broken JSON":      {write(200, `{"schema": "`+canary), "not what a registry says"},
		"other JSON":       {write(200, `["`+canary+`"]`), "not what a registry says"},
		"a number":         {write(200, `{"schema": 5}`), "not what a registry says"},
		"no schema":        {write(200, `{}`), "no schema"},
		"nothing":          {write(200, ""), "not what a registry says"},
		"an unknown kind":  {write(200, `{"schema": "x", "schemaType": "XML"}`), "no schema"},
		"its own trouble":  {write(500, `{"error_code": 50001, "message": "`+canary+`"}`), "cannot answer now"},
		"too much":         {write(200, `{"schema": "`+strings.Repeat("x", maxSchema+1)+`"}`), "longer"},
		"a redirect": {func(w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, "http://127.0.0.1:1/"+canary, http.StatusFound)
			return true
		}, "redirect"},
		"silence": {func(_ http.ResponseWriter, r *http.Request) bool {
			<-r.Context().Done()
			return true
		}, "in time"},
		"an endless trickle": {func(w http.ResponseWriter, r *http.Request) bool {
			for r.Context().Err() == nil {
				_, _ = w.Write([]byte(" "))
				w.(http.Flusher).Flush()
				time.Sleep(50 * time.Millisecond)
			}
			return true
		}, "in time"},
	} {
		t.Run(name, func(t *testing.T) {
			r := registryOf(t, kafkafake.RegistryOptions{})
			r.Intercept(c.answer)
			began := time.Now()
			_, err := schemas(t, r.URL()).Schema(t.Context(), connect.SchemaRef{ID: 1})
			wantFault(t, err, "stream.registry", c.says)
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
}

func TestRegistryAway(t *testing.T) {
	r := registryOf(t, kafkafake.RegistryOptions{})
	s := schemas(t, r.URL())
	r.Close()
	_, err := s.Schema(t.Context(), connect.SchemaRef{ID: 1})
	wantFault(t, err, "stream.registry", "does not answer")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Schema(ctx, connect.SchemaRef{ID: 1}); !errors.Is(err, context.Canceled) {
		t.Errorf("a canceled question says %v", err)
	}
	if openSource(t, connect.Settings{Lists: map[string][]string{"brokers": {"127.0.0.1:1"}}}).Schemas() != nil {
		t.Error("a source without a registry has one")
	}
}
