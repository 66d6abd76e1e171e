package hubspot_test

import (
	"strings"
	"testing"

	"github.com/freshet/freshet/connectors/hubspot"
	"github.com/freshet/freshet/sync/connect"
)

func folded(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

func openDestination(t *testing.T, s connect.Settings) connect.Destination {
	t.Helper()
	d, err := hubspot.Driver().Destination(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func mustDeliver(t *testing.T, d connect.Destination, object string, verb connect.Verb, ops ...connect.Operation) []connect.Outcome {
	t.Helper()
	outcomes, err := d.Deliver(t.Context(), connect.Batch{ID: "call_1", Sync: "s", Object: object, Verb: verb, Attempt: 1, Ops: ops})
	if err != nil {
		t.Fatalf("delivering %v: %v", verb, err)
	}
	if len(outcomes) != len(ops) {
		t.Fatalf("%d outcomes for %d operations", len(outcomes), len(ops))
	}
	return outcomes
}
