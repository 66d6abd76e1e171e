package salesforce

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/freshet/freshet/connectors/salesforce/salesforcefake"
	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/connect/connecttest"
	"github.com/freshet/freshet/sync/model"
)

func TestConformance(t *testing.T) {
	connecttest.Run(t, connecttest.Harness{
		Driver:  quick(),
		Objects: []connecttest.Object{contacts(), accounts()},
		Start:   startPeer,
		Skip: map[string]string{
			"left-out-row-is-unknown": "Salesforce matches answers to rows by order alone: with one missing, all are unknown",
			"answers-in-any-order":    "Salesforce promises the order of its answers",
			"throttle":                "Salesforce never says how long to wait; the check without a hint holds",
		},
	})
}

// quick is the driver with bulk jobs polled as often as the fake wants.
func quick() connect.Driver {
	d := Driver()
	d.Destination = func(_ context.Context, s connect.Settings) (connect.Destination, error) { return openQuick(s) }
	return d
}

func openQuick(s connect.Settings) (*destination, error) {
	d, err := open(s)
	if err == nil {
		d.firstPoll, d.lastPoll = 2*time.Millisecond, 10*time.Millisecond
	}
	return d, err
}

func external(i int) string { return fmt.Sprintf("Cust-%05d", i) }

func contacts() connecttest.Object {
	return connecttest.Object{Name: "Contact", Text: "Description", Longest: 32000, EmptyClears: true,
		Op: func(verb connect.Verb, i, revision int) connect.Operation {
			return sample(verb, i, model.Fields{
				{Name: "Description", Value: model.Text(fmt.Sprintf("note %d of %d", revision, i))},
				{Name: "FirstName", Value: model.Text("Zoë")},
				{Name: "LastName", Value: model.Text(fmt.Sprintf("Müller %d", i))},
				{Name: "Lifetime_Value__c", Value: model.Value{Kind: model.Decimal, Text: fmt.Sprintf("19.%d5", 1+revision)}},
				{Name: "Orders__c", Value: model.Integer(int64(i))},
			})
		}}
}

func accounts() connecttest.Object {
	return connecttest.Object{Name: "Account", Text: "Description", Longest: 32000, EmptyClears: true,
		Op: func(verb connect.Verb, i, revision int) connect.Operation {
			return sample(verb, i, model.Fields{
				{Name: "Description", Value: model.Text(fmt.Sprintf("note %d of %d", revision, i))},
				{Name: "Name", Value: model.Text(fmt.Sprintf("Shop %d", i))},
			})
		}}
}

func sample(verb connect.Verb, i int, fields model.Fields) connect.Operation {
	op := connect.Operation{Key: model.Key(fmt.Sprint(i)), Match: model.Fields{{Name: "External_Id__c", Value: model.Text(external(i))}}}
	switch verb {
	case connect.Clear:
		op.Fields = model.Fields{{Name: "Description"}}
	case connect.Archive, connect.Delete:
	default:
		op.Fields = fields
	}
	return op
}

func settingsFor(s *salesforcefake.Server) connect.Settings {
	return connect.Settings{Name: "crm",
		Values:  map[string]string{"instance_url": s.URL, "client_id": "fake-client", "timeout": "20s"},
		Secrets: map[string]connect.Secret{"client_secret": connect.NewSecret("fake-client-secret")}}
}

func startPeer(t *testing.T) connecttest.Peer {
	s := start(t, salesforcefake.Options{JobStep: 2 * time.Millisecond})
	return connecttest.Peer{Settings: settingsFor(s),
		Applied: func(object string) map[string]map[string]string { return applied(s, object) },
		Calls:   func() int { return s.Counters().Changes },
		Inject:  func(f connecttest.Fault) error { return inject(s, f) },
		Close:   s.Close}
}

func start(t *testing.T, o salesforcefake.Options) *salesforcefake.Server {
	t.Helper()
	s, err := salesforcefake.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func applied(s *salesforcefake.Server, object string) map[string]map[string]string {
	out := map[string]map[string]string{}
	for _, r := range s.Records(object) {
		out[strings.ToLower(r.Fields["External_Id__c"])] = r.Fields
	}
	return out
}

var faults = map[connecttest.FaultKind]salesforcefake.FaultKind{
	connecttest.DropBeforeApply:     salesforcefake.DropBefore,
	connecttest.DropAfterApply:      salesforcefake.DropAfter,
	connecttest.ThrottleNoHint:      salesforcefake.LimitExceeded,
	connecttest.ServerError:         salesforcefake.Unavailable,
	connecttest.ServerErrorApplied:  salesforcefake.UnavailableAfter,
	connecttest.UnauthorizedOnce:    salesforcefake.SessionOver,
	connecttest.UnauthorizedForGood: salesforcefake.UnauthorizedForGood,
	connecttest.Forbidden:           salesforcefake.NotAllowed,
	connecttest.HTML:                salesforcefake.LoginPage,
	connecttest.Garbage:             salesforcefake.Garbage,
	connecttest.Truncated:           salesforcefake.Truncated,
	connecttest.SlowReply:           salesforcefake.Slow,
	connecttest.PartialReject:       salesforcefake.RejectRows,
	connecttest.OmitOutcome:         salesforcefake.OmitRows,
	connecttest.HugeReply:           salesforcefake.Huge,
	connecttest.WholeBatchRefused:   salesforcefake.Poison,
}

func inject(s *salesforcefake.Server, f connecttest.Fault) error {
	kind, ok := faults[f.Kind]
	if !ok {
		return connecttest.ErrUnsupported
	}
	fault := salesforcefake.Fault{Kind: kind, Rows: f.Rows, Wait: f.After}
	if kind == salesforcefake.Poison {
		fault.Text = external(f.Rows[0])
	}
	s.Inject(fault)
	return nil
}
