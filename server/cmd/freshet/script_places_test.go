package main

import (
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"

	"github.com/freshet/freshet/connectors/hubspot/hubspotfake"
	"github.com/freshet/freshet/connectors/kafka/kafkafake"
	"github.com/freshet/freshet/connectors/salesforce/salesforcefake"
	"github.com/freshet/freshet/connectors/webhook/webhookfake"
	"github.com/freshet/freshet/sync/ledger"
	"github.com/rogpeppe/go-internal/testscript"
)

// places are where a script's records can go.
type places struct {
	hooks []*webhookfake.Receiver
	crm   *hubspotfake.Server

	ledger *ledger.Ledger // held by somebody else

	kafka   *kafkafake.Cluster
	serving *exec.Cmd
}

// placesKey finds a script's places.
type placesKey struct{}

func placesOf(ts *testscript.TestScript) *places { return ts.Value(placesKey{}).(*places) }

// state tells everything a receiver could have noticed.
func (p *places) state() string {
	var b strings.Builder
	for i, hook := range p.hooks {
		fmt.Fprintf(&b, "receiver %d: %d calls\n", i, hook.Counts().Calls)
	}
	if p.crm != nil {
		fmt.Fprintf(&b, "crm: %d writes\n", p.crm.Writes())
	}
	return b.String()
}

// start starts a place and puts its address into a variable: start signed HOOK_URL SECRET (a receiver that wants
// signatures), start tls HOOK_URL (one with a certificate nobody knows, which lies in ca.pem), start hubspot CRM_URL TOKEN, start salesforce SF_URL,
// start kafka BROKER TOPIC, start filling HOOK_URL FOLDER (one that fills a disk with its second call).
func start(ts *testscript.TestScript, _ bool, args []string) {
	p := placesOf(ts)
	switch args[0] {
	case "signed":
		s, err := webhookfake.Start("", webhookfake.Options{Secret: args[2]})
		ts.Check(err)
		ts.Defer(s.Close)
		p.hooks = append(p.hooks, s.Receiver)
		ts.Setenv(args[1], s.URL())
	case "tls":
		hook, err := webhookfake.New(webhookfake.Options{})
		ts.Check(err)
		p.hooks = append(p.hooks, hook)
		s := httptest.NewUnstartedServer(hook)
		s.Config.ErrorLog = log.New(io.Discard, "", 0)
		s.StartTLS()
		ts.Defer(s.Close)
		text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
		ts.Check(os.WriteFile(ts.MkAbs("ca.pem"), text, 0o600))
		ts.Setenv(args[1], s.URL)
	case "hubspot":
		s, err := hubspotfake.Start(hubspotfake.Options{Token: args[2]})
		ts.Check(err)
		ts.Defer(s.Close)
		p.crm = s
		ts.Setenv(args[1], s.URL())
	case "salesforce":
		s, err := salesforcefake.Start(salesforcefake.Options{})
		ts.Check(err)
		ts.Defer(s.Close)
		ts.Setenv(args[1], s.URL)
	case "kafka":
		var err error
		p.kafka, err = kafkafake.Start(kafkafake.Options{})
		ts.Check(err)
		ts.Defer(p.kafka.Close)
		ts.Check(p.kafka.Create(args[2], 1, nil))
		ts.Setenv(args[1], p.kafka.Addresses()[0])
	case "filling":
		hook := placesOf(ts).hooks[0]
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if hook.Counts().Calls == 1 {
				fill(ts.MkAbs(args[2]))
			}
			hook.ServeHTTP(w, r)
		}))
		ts.Defer(s.Close)
		ts.Setenv(args[1], s.URL)
	default:
		ts.Fatalf("nothing is called %s", args[0])
	}
}

// crmHolds says how many records of an object the CRM has: crmholds contacts 2.
func crmHolds(ts *testscript.TestScript, _ bool, args []string) {
	if got := fmt.Sprint(len(placesOf(ts).crm.Records(args[0]))); got != args[1] {
		ts.Fatalf("the CRM holds %s %s, want %s", got, args[0], args[1])
	}
}

// crmField says what a contact's property is, by its e-mail address: crmfield contacts a@example.com plan PRO.
func crmField(ts *testscript.TestScript, _ bool, args []string) {
	for _, r := range placesOf(ts).crm.Records(args[0]) {
		if r.Properties["email"] == args[1] {
			if got := r.Properties[args[2]]; got != args[3] {
				ts.Fatalf("%s of %s is %q, want %q", args[2], args[1], got, args[3])
			}
			return
		}
	}
	ts.Fatalf("the CRM has no %s", args[1])
}

// field says what a record's field is at the first receiver, absent for none: field customers 1 name Michael.
func field(ts *testscript.TestScript, _ bool, args []string) {
	got, there := placesOf(ts).hooks[0].Records(args[0])[args[1]].Fields[args[2]]
	if !there {
		got = "absent"
	}
	if got != args[3] {
		ts.Fatalf("%s of %s %s is %q, want %q", args[2], args[0], args[1], got, args[3])
	}
}

// calls remembers what the receivers have got, and calls same says that they got nothing since.
func calls(ts *testscript.TestScript, _ bool, args []string) {
	before, now := ts.Value(markKey{}).(*marked), placesOf(ts).state()
	if len(args) > 0 && before.places != now {
		ts.Fatalf("something was sent:\n%s%s", before.places, now)
	}
	before.places = now
}

// crowd says how many records of an object the first receiver has, however often it was called: crowd people 6000.
func crowd(ts *testscript.TestScript, _ bool, args []string) {
	hook := placesOf(ts).hooks[0]
	if got := fmt.Sprint(len(hook.Records(args[0]))); got != args[1] {
		ts.Fatalf("the receiver holds %s %s, want %s", got, args[0], args[1])
	}
	ts.Logf("%d calls were made, %d of them repeats", hook.Counts().Calls, hook.Counts().Repeats)
}
