package server_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// operation is one operation of the document.
type operation struct {
	id, method, path string
	body             bool
	needsBody        bool
}

// document is the OpenAPI document, with what judges answers by it.
type document struct {
	t        *testing.T
	compiler *jsonschema.Compiler
	ops      []operation
	paths    map[string]any
}

func (s *shop) document() *document {
	s.t.Helper()
	answer := s.ask("GET", "/openapi.json", "", nil)
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(answer.body))
	if err != nil {
		s.t.Fatal(err)
	}
	d := &document{t: s.t, compiler: jsonschema.NewCompiler(), paths: parsed.(map[string]any)["paths"].(map[string]any)}
	if err := d.compiler.AddResource("openapi.json", parsed); err != nil {
		s.t.Fatal(err)
	}
	for path, item := range d.paths {
		for method, op := range item.(map[string]any) {
			o := op.(map[string]any)
			body, has := o["requestBody"].(map[string]any)
			d.ops = append(d.ops, operation{id: o["operationId"].(string), method: strings.ToUpper(method), path: path, body: has,
				needsBody: has && body["required"] == true})
		}
	}
	slices.SortFunc(d.ops, func(a, b operation) int { return strings.Compare(a.id, b.id) })
	return d
}

// judge holds an answer to the document: its status is described, its content type too, and the body fits.
func (d *document) judge(op operation, a answered) {
	d.t.Helper()
	responses := d.paths[op.path].(map[string]any)[strings.ToLower(op.method)].(map[string]any)["responses"].(map[string]any)
	status := fmt.Sprint(a.status)
	if responses[status] == nil {
		status = "default"
	}
	kind, _, _ := strings.Cut(a.header.Get("Content-Type"), ";")
	content, _ := responses[status].(map[string]any)["content"].(map[string]any)
	if content[kind] == nil {
		d.t.Errorf("%s answers %d as %q, which the document does not say: %s", op.id, a.status, kind, a.body)
		return
	}
	if a.status >= 400 && kind != "application/problem+json" {
		d.t.Errorf("%s answers %d as %q", op.id, a.status, kind)
	}
	if kind == "text/event-stream" {
		return
	}
	escape := strings.NewReplacer("~", "~0", "/", "~1")
	at := "openapi.json#/paths/" + escape.Replace(op.path) + "/" + strings.ToLower(op.method) + "/responses/" + status + "/content/" +
		escape.Replace(kind) + "/schema"
	schema, err := d.compiler.Compile(strings.NewReplacer("{", "%7B", "}", "%7D").Replace(at))
	if err != nil {
		d.t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(a.body))
	if err == nil {
		err = schema.Validate(value)
	}
	if err != nil {
		d.t.Errorf("%s answers %s\n%v", op.id, a.body, err)
	}
}

// goodBodies are requests that fit.
var goodBodies = map[string]string{"pause-feed": `{"why":"a test"}`, "resume-feed": `{}`, "start-run": `{"full":true,"why":"a test"}`,
	"cancel-run": `{}`, "release-event": `{"value":"no JSON either","why":"x"}`, "retry-events": `{}`, "drop-event": `{"why":"a test message"}`,
	"start-replay": `{"from":"2026-03-01T00:00:00Z","apply":true,"why":"a test"}`,
	"create-token": `{"name":"made","role":"viewer"}`, "revoke-token": `{}`, "approve-plan": `{"plan":"sha256:0123456789"}`}

// fill puts names into a path.
func fill(path, sync, feed, number, run string) string {
	return strings.NewReplacer("{replay}", run, "{sync}", sync, "{feed}", feed, "{number}", number, "{run}", run, "{token}", sync).Replace(path)
}

// TestEveryOperationKeepsTheContract: whatever an operation is asked, well or badly, its answer is one that the document describes, and
// never one that says that we failed.
func TestEveryOperationKeepsTheContract(t *testing.T) {
	s := newShop(t)
	d := s.document()
	if len(d.ops) < 15 {
		t.Fatalf("the document has %d operations", len(d.ops))
	}
	run := s.asideAndRun()
	bad := []string{``, `{`, `[]`, `null`, `{"why":7}`, `{"nobody":1}`, `{"why":""}`, `"` + strings.Repeat("x", 3000) + `"`, "\xff\xfe", `{"value":"%%%","value_base64":true}`}
	for _, op := range d.ops {
		t.Run(op.id, func(t *testing.T) {
			d := &document{t: t, compiler: d.compiler, paths: d.paths}
			asked := func(path, body string) answered {
				a := s.ask(op.method, path, body, s.token())
				if a.status >= 500 {
					t.Errorf("%s %s %q: %d %s", op.method, path, body, a.status, a.body)
				}
				d.judge(op, a)
				return a
			}
			for _, names := range [][4]string{{"nobody", "nobody", "1", "run_nobody"}, {"carts", "carts", "9999", "run_nobody"},
				{"carts", "carts", "0", "x"}, {"carts", "carts", "no-number", "x"}, {"%2e%2e", "%00", "-1", "%20"}} {
				if a := asked(fill(op.path, names[0], names[1], names[2], names[3]), goodBodies[op.id]); strings.Contains(op.path, "{") &&
					names[0] == "nobody" && a.status != http.StatusNotFound {
					t.Errorf("of nobody: %d %s", a.status, a.body)
				}
			}
			path := fill(op.path, "carts", "carts", "1", run)
			if a := asked(path+"?nobody=1", goodBodies[op.id]); a.status != http.StatusUnprocessableEntity {
				t.Errorf("an unknown parameter: %d", a.status)
			}
			for _, text := range bad {
				if a := asked(path, text); op.needsBody && a.status < 400 {
					t.Errorf("the body %q was taken: %d", text, a.status)
				}
			}
			asked(path, goodBodies[op.id])
		})
	}
}

// TestAReplayIsToldAsTheDocumentSays: a replay that has ended, with the plans that it came to, is told as the document says.
func TestAReplayIsToldAsTheDocumentSays(t *testing.T) {
	s := newShop(t)
	d := s.document()
	for _, ask := range []string{`{}`, `{"apply":true,"why":"a test"}`, `{"definition":9}`} {
		var asked struct{ Replay string }
		if a := s.ask("POST", "/api/feeds/carts/replays", ask, s.token()); a.status != http.StatusAccepted || json.Unmarshal(a.body, &asked) != nil {
			t.Fatalf("%d %s", a.status, a.body)
		}
		a := s.ask("GET", "/api/replays/"+asked.Replay+"?wait_seconds=20", "", s.token())
		if a.status != http.StatusOK || !bytes.Contains(a.body, []byte(`"done"`)) {
			t.Errorf("%s came to %d %s", ask, a.status, a.body)
		}
		d.judge(d.ops[slices.IndexFunc(d.ops, func(o operation) bool { return o.id == "get-replay" })], a)
	}
}

// TestNothingAnswersWithoutTheToken: every operation refuses whoever shows no token, or another one, and does nothing.
func TestNothingAnswersWithoutTheToken(t *testing.T) {
	s := newShop(t)
	s.asideAndRun()
	for _, op := range s.document().ops {
		for _, shown := range []map[string]string{nil, {"Authorization": "Bearer freshet_local_wrong"}, {"Authorization": "Bearer"},
			{"Authorization": "Basic " + s.found.Token}, {"Authorization": s.found.Token}, {"Cookie": "token=" + s.found.Token}} {
			a := s.ask(op.method, fill(op.path, "carts", "carts", "1", "x"), goodBodies[op.id], shown)
			if a.status != http.StatusUnauthorized || a.header.Get("WWW-Authenticate") == "" || !bytes.Contains(a.body, []byte(`"auth.token"`)) {
				t.Errorf("%s answers %v with %d %s", op.id, shown, a.status, a.body)
			}
		}
		if a := s.ask(op.method, op.path+"?token="+s.found.Token, "", nil); a.status != http.StatusUnauthorized {
			t.Errorf("%s takes a token from its address", op.id)
		}
	}
	if acts := s.acts(); len(acts) != 1 {
		t.Errorf("something was done: %+v", acts)
	}
}

// TestStrangersAreKeptAway: a name that was made to lead here, and a page of another origin, are refused; what is not there is told.
func TestStrangersAreKeptAway(t *testing.T) {
	s := newShop(t)
	for _, host := range []string{"evil.example", "evil.example:7117", "127.0.0.1.evil.example", "localhost.evil.example", ""} {
		r, _ := http.NewRequest("GET", s.found.URL+"/api/syncs", nil)
		r.Host = host
		if host == "" {
			r.Host = "[::2]"
		}
		r.Header.Set("Authorization", "Bearer "+s.found.Token)
		if a := s.do(r); a.status != http.StatusForbidden || !bytes.Contains(a.body, []byte(`"server.host"`)) {
			t.Errorf("called %q: %d %s", host, a.status, a.body)
		}
	}
	for _, headers := range []map[string]string{{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}} {
		headers["Authorization"] = "Bearer " + s.found.Token
		if a := s.ask("POST", "/api/feeds/carts/pause", `{"why":"x"}`, headers); a.status != http.StatusForbidden {
			t.Errorf("%v: %d %s", headers, a.status, a.body)
		}
	}
	one, two := s.ask("GET", "/api/nothing", "", nil).header.Get("X-Request-Id"), s.ask("GET", "/api/me", "", s.token()).header.Get("X-Request-Id")
	if !strings.HasPrefix(one, "req_") || one == two {
		t.Errorf("requests are called %q and %q", one, two)
	}
	if a := s.ask("DELETE", "/api/syncs", "", s.token()); a.status != http.StatusMethodNotAllowed || a.header.Get("Allow") != "GET" {
		t.Errorf("another method: %d %s", a.status, a.body)
	}
	if a := s.ask("GET", "/api/nothing", "", s.token()); a.status != http.StatusNotFound || a.header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("nothing there: %d %s", a.status, a.body)
	}
	if a := s.ask("POST", "/api/feeds/carts/pause", `{"why":"`+strings.Repeat("x", 10<<20)+`"}`, s.token()); a.status != http.StatusRequestEntityTooLarge {
		t.Errorf("too large a body: %d %.200s", a.status, a.body)
	}
}

// TestARequestIsCarriedOutOnce: a request that names itself is carried out once; under the same name another one is refused.
func TestARequestIsCarriedOutOnce(t *testing.T) {
	s := newShop(t)
	headers := s.token()
	headers["Idempotency-Key"] = "k1"
	first := s.ask("POST", "/api/syncs/carts/runs?wait_seconds=30", `{}`, headers)
	again := s.ask("POST", "/api/syncs/carts/runs?wait_seconds=30", `{}`, headers)
	if first.status != 200 || again.status != 200 || !bytes.Equal(first.body, again.body) || again.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("first %d %s\nagain %d %s", first.status, first.body, again.status, again.body)
	}
	if a := s.ask("POST", "/api/syncs/carts/runs?wait_seconds=30", `{"full":true}`, headers); a.status != 422 {
		t.Errorf("another request under the same name: %d %s", a.status, a.body)
	}
	if acts := s.acts(); len(acts) != 1 {
		t.Errorf("it was done %d times", len(acts))
	}
}

// TestPayloadsAreShownAlone: what an event carries stands in the answer that shows it, and in no other.
func TestPayloadsAreShownAlone(t *testing.T) {
	s := newShop(t)
	run := s.asideAndRun()
	for _, op := range s.document().ops {
		if op.method != "GET" || op.id == "events" {
			continue
		}
		a := s.ask("GET", fill(op.path, "carts", "carts", "1", run), "", s.token())
		if shows := bytes.Contains(a.body, []byte(canary)); shows != (op.id == "get-event-aside") {
			t.Errorf("%s: the payload is in it: %v\n%s", op.id, shows, a.body)
		}
	}
}

type answered struct {
	status int
	header http.Header
	body   []byte
}

func (s *shop) ask(method, path, body string, headers map[string]string) answered {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.ctx, method, s.found.URL+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	return s.do(r)
}

func (s *shop) do(r *http.Request) answered {
	s.t.Helper()
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer got.Body.Close()
	a := answered{status: got.StatusCode, header: got.Header}
	if got.Header.Get("Content-Type") == "text/event-stream" {
		return a
	}
	if a.body, err = io.ReadAll(got.Body); err != nil {
		s.t.Fatal(err)
	}
	return a
}

func (s *shop) token() map[string]string {
	return map[string]string{"Authorization": "Bearer " + s.found.Token}
}

func (s *shop) acts() []any {
	s.t.Helper()
	var list struct{ Acts []any }
	if err := json.Unmarshal(s.ask("GET", "/api/acts", "", s.token()).body, &list); err != nil {
		s.t.Fatal(err)
	}
	return list.Acts
}
