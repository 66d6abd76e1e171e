package kafka

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/freshet/freshet/connectors/kafka/kafkafake"
	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/fault"
)

// FuzzRegistry: whatever a registry answers, with whatever status, comes to a schema or to an error with a code, and soon.
func FuzzRegistry(f *testing.F) {
	f.Add(200, []byte(`{"schema":"\"string\"","references":[{"name":"a","subject":"s","version":1}]}`), []byte(`{"schema":"x","schemaType":"PROTOBUF","references":[{"name":"a","subject":"s","version":1}]}`))
	f.Add(200, []byte(`{"schema":"{}","schemaType":"JSON"}`), []byte(`[]`))
	f.Add(404, []byte(`{"error_code":40403,"message":"`+canary+`"}`), []byte(nil))
	f.Add(302, []byte("<html>"), []byte(`{"schema":5}`))
	r, err := kafkafake.StartRegistry(kafkafake.RegistryOptions{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(r.Close)
	var mu sync.Mutex
	var status int
	var schema, reference []byte
	r.Intercept(func(w http.ResponseWriter, req *http.Request) bool {
		mu.Lock()
		defer mu.Unlock()
		body := schema
		if strings.Contains(req.URL.Path, "/subjects/") {
			body = reference
		}
		w.WriteHeader(status)
		_, _ = w.Write(body)
		return true
	})
	opened, err := open(f.Context(), connect.Settings{Name: "stream", Lists: map[string][]string{"brokers": {"127.0.0.1:1"}},
		Values: map[string]string{"registry": r.URL(), "timeout": "5s"}})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = opened.Close() })
	asked := opened.(*source).Schemas()
	f.Fuzz(func(t *testing.T, code int, answer, further []byte) {
		mu.Lock()
		status, schema, reference = 200+int(uint(code-200)%400), answer, further
		mu.Unlock()
		got, err := asked.Schema(t.Context(), connect.SchemaRef{ID: 1})
		switch {
		case err == nil && strings.TrimSpace(got.Text) == "":
			t.Error("an empty schema")
		case err != nil && fault.As(err).Code == "":
			t.Errorf("an error without a code: %v", err)
		case err != nil && strings.Contains(err.Error(), canary):
			t.Errorf("the answer is quoted: %v", err)
		}
	})
}
