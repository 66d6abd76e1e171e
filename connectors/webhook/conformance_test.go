package webhook_test

import (
	"fmt"
	"testing"

	"github.com/freshet/freshet/connectors/webhook"
	"github.com/freshet/freshet/connectors/webhook/webhookfake"
	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/connect/connecttest"
	"github.com/freshet/freshet/sync/model"
)

const (
	secret      = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	bearerToken = "Bearer header-secret-51c0"
)

func TestConformance(t *testing.T) {
	static := "A receiver knows one fixed secret: there is no token to renew, a 401 is for good."
	connecttest.Run(t, connecttest.Harness{
		Driver:    webhook.Driver(),
		Objects:   []connecttest.Object{{Name: "people", Op: operation, Text: "note"}},
		Throttles: webhookfake.Shapes(),
		Start:     start,
		Skip:      map[string]string{"unauthorized-once": static},
	})
}

func operation(verb connect.Verb, i, revision int) connect.Operation {
	op := connect.Operation{Key: model.CompositeKey([]string{"eu", fmt.Sprint(i)})}
	switch verb {
	case connect.Archive, connect.Delete:
	case connect.Clear:
		op.Fields = model.Fields{{Name: "address.city"}, {Name: "note"}}
	default:
		op.Fields = model.Fields{{Name: "address.city", Value: model.Text("Graz")}, {Name: "address.zip", Value: model.Text("08010")},
			{Name: "note", Value: model.Text("hello")}, {Name: "revision", Value: model.Integer(int64(revision))}}
	}
	return op
}

func start(t *testing.T) connecttest.Peer {
	t.Helper()
	fake, err := webhookfake.Start("", webhookfake.Options{Secret: secret,
		Headers: map[string]string{"Authorization": bearerToken}})
	if err != nil {
		t.Fatal(err)
	}
	return connecttest.Peer{
		Settings: settings(fake.URL()),
		Secrets:  []string{bearerToken, "header-secret-51c0"},
		Applied:  func(object string) map[string]map[string]string { return applied(fake, object) },
		Calls:    func() int { return int(fake.Counts().Calls) },
		Inject:   func(f connecttest.Fault) error { return inject(fake, f) },
		Close:    fake.Close,
	}
}

func settings(url string) connect.Settings {
	return connect.Settings{
		Name:    "hook",
		Values:  map[string]string{"url": url, "timeout": "10s"},
		Secrets: map[string]connect.Secret{"secret": connect.NewSecret(secret)},
		Maps:    map[string]map[string]any{"headers": {"Authorization": bearerToken}},
	}
}

func applied(fake *webhookfake.Server, object string) map[string]map[string]string {
	held := map[string]map[string]string{}
	for key, record := range fake.Records(object) {
		if !record.Archived {
			held[key] = record.Fields
		}
	}
	return held
}

func inject(fake *webhookfake.Server, f connecttest.Fault) error {
	kind := webhookfake.Kind(f.Kind)
	switch f.Kind {
	case connecttest.UnauthorizedOnce:
		return connecttest.ErrUnsupported
	case connecttest.UnauthorizedForGood:
		kind = webhookfake.Unauthorized
	case connecttest.ThrottleNoHint:
		kind = webhookfake.Throttle
	}
	fake.Inject(webhookfake.Fault{Kind: kind, Rows: f.Rows, After: f.After, Shape: f.Shape})
	return nil
}
