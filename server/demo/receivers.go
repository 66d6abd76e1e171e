package demo

import (
	"crypto/rand"
	"encoding/base64"
	"time"

	"github.com/freshet/freshet/connectors/hubspot/hubspotfake"
	"github.com/freshet/freshet/connectors/salesforce/salesforcefake"
	"github.com/freshet/freshet/connectors/webhook/webhookfake"
	"github.com/freshet/freshet/sync/fault"
)

// Receivers stand in for the vendors on loopback: they speak the vendors' protocols and keep what they are sent.
type Receivers struct {
	HubSpot    *hubspotfake.Server
	Salesforce *salesforcefake.Server
	Webhook    *webhookfake.Server

	secrets map[string]string // by the variable of the environment that the workspace reads
}

// The limits HubSpot has for a private app of a Professional account; the receiver enforces them.
const (
	hubspotCalls = 190
	hubspotPer   = 10 * time.Second
)

// startReceivers starts all three, each on a port and with a secret of its own.
func startReceivers() (*Receivers, error) {
	r := &Receivers{secrets: map[string]string{"HUBSPOT_TOKEN": "pat-" + rand.Text(), "SALESFORCE_TOKEN": "00D-" + rand.Text(),
		"HOOK_SECRET": "whsec_" + base64.StdEncoding.EncodeToString([]byte(rand.Text()))}}
	var err error
	if r.HubSpot, err = hubspotfake.Start(hubspotfake.Options{Token: r.secrets["HUBSPOT_TOKEN"], Calls: hubspotCalls, Per: hubspotPer}); err != nil {
		return nil, notStarted(err)
	}
	if r.Salesforce, err = salesforcefake.Start(salesforcefake.Options{AccessToken: r.secrets["SALESFORCE_TOKEN"]}); err != nil {
		r.close()
		return nil, notStarted(err)
	}
	if r.Webhook, err = webhookfake.Start("", webhookfake.Options{Secret: r.secrets["HOOK_SECRET"]}); err != nil {
		r.close()
		return nil, notStarted(err)
	}
	return r, nil
}

func notStarted(err error) error {
	return fault.New(fault.Internal, "demo.receiver", "a receiver cannot listen on 127.0.0.1").Because(err).
		Do("check that this machine lets programs listen on its loopback interface")
}

func (r *Receivers) close() {
	if r.HubSpot != nil {
		r.HubSpot.Close()
	}
	if r.Salesforce != nil {
		r.Salesforce.Close()
	}
	if r.Webhook != nil {
		r.Webhook.Close()
	}
}

// getenv reads the secrets as a shell that has read EnvFile would.
func (r *Receivers) getenv(name string) (string, bool) {
	value, ok := r.secrets[name]
	return value, ok
}

// environment is the secrets as NAME=value.
func (r *Receivers) environment() []string {
	var lines []string
	for _, name := range []string{"HUBSPOT_TOKEN", "SALESFORCE_TOKEN", "HOOK_SECRET"} {
		lines = append(lines, name+"="+r.secrets[name])
	}
	return lines
}
