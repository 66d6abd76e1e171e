package salesforce

import (
	"testing"

	"github.com/freshet/freshet/connectors/salesforce/salesforcefake"
	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/model"
)

func opened(t *testing.T, s connect.Settings) *destination {
	t.Helper()
	d, err := openQuick(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func tokenSettings(s *salesforcefake.Server) connect.Settings {
	return connect.Settings{Values: map[string]string{"instance_url": s.URL},
		Secrets: map[string]connect.Secret{"access_token": connect.NewSecret("fake-session")}}
}

// org starts a fake and a destination pointed at it.
func org(t *testing.T, o salesforcefake.Options) (*salesforcefake.Server, *destination) {
	t.Helper()
	s := start(t, o)
	t.Cleanup(s.Close)
	return s, opened(t, settingsFor(s))
}

// contact is an operation on the record with this external id; pairs are names and texts of fields.
func contact(id string, pairs ...string) connect.Operation {
	op := connect.Operation{Key: model.Key(id), Match: model.Fields{{Name: "External_Id__c", Value: model.Text(id)}}}
	for i := 0; i < len(pairs); i += 2 {
		op.Fields = append(op.Fields, model.Field{Name: pairs[i], Value: model.Text(pairs[i+1])})
	}
	op.Fields.Sort()
	return op
}

func must(t *testing.T, d connect.Destination, b connect.Batch) []connect.Outcome {
	t.Helper()
	if b.Attempt == 0 {
		b.Attempt = 1
	}
	outcomes, err := d.Deliver(t.Context(), b)
	if err != nil {
		t.Fatalf("delivering %v: %v", b.Verb, err)
	}
	return outcomes
}

func verdicts(outcomes []connect.Outcome) []connect.Verdict {
	out := make([]connect.Verdict, len(outcomes))
	for i, o := range outcomes {
		out[i] = o.Verdict
	}
	return out
}

// upserted delivers operations and demands that all are taken.
func upserted(t *testing.T, d connect.Destination, ops ...connect.Operation) []connect.Outcome {
	t.Helper()
	outcomes := must(t, d, connect.Batch{Object: "Contact", Verb: connect.Upsert, Ops: ops})
	for i, o := range outcomes {
		if o.Verdict != connect.Accepted {
			t.Fatalf("row %d is %+v", i, o)
		}
	}
	return outcomes
}
