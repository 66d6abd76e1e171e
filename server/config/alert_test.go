package config_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const alerts = `alerts:
  ops:
    type: webhook
    url: "http://127.0.0.1:9/alerts"
    secret: "${HOOK_SECRET}"
    on: {states: [late, at risk], failed: 5%, rows: 30%, quarantine: 0}
  people: {type: slack, url: "${HOOK_SECRET}", syncs: [customers_to_crm], recovery: false}
  mail: {type: email, server: "127.0.0.1:25", from: freshet@example.com, to: [ops@example.com], plain: true}
`

// TestAlerts: everything that can be said of alerts is read, and a secret never prints.
func TestAlerts(t *testing.T) {
	text := strings.Replace(alerts, `url: "${HOOK_SECRET}"`, `url: "https://hooks.slack.com/services/x"`, 1)
	ws, err := load(t, "freshet.yaml", shop+text)
	if err != nil {
		t.Fatal(err)
	}
	if len(ws.Alerts) != 3 || ws.Alerts[0].URL.Reveal() != "http://127.0.0.1:9/alerts" || ws.Alerts[0].Secret.Reveal() == "" {
		t.Fatalf("%+v", ws.Alerts)
	}
	a := ws.Alerts[0].On
	if a.Failed != 5 || a.Rows != 30 || a.Quarantine != 0 || !cmp.Equal(a.States, []string{"late", "at risk"}) || !ws.Alerts[0].Recover {
		t.Errorf("%+v", a)
	}
	if p := ws.Alerts[1]; p.Recover || p.On.Failed != -1 || p.On.Quarantine != -1 || !cmp.Equal(p.On.States, []string{"late", "held", "action needed"}) {
		t.Errorf("%+v", p)
	}
	if m := ws.Alerts[2].Mail; m.Server != "127.0.0.1:25" || !m.Plain || !cmp.Equal(m.To, []string{"ops@example.com"}) {
		t.Errorf("%+v", m)
	}
	if printed := fmt.Sprintf("%+v %v", ws.Alerts, ws.Alerts[1].URL); strings.Contains(printed, "hooks.slack.com") {
		t.Errorf("a secret prints: %s", printed)
	}
	warned := false
	for _, w := range ws.Warnings {
		warned = warned || w.Code == "config.plain_secret" && strings.Contains(w.Message, "alerts.people.url")
	}
	if !warned {
		t.Errorf("nobody warns of Slack's address in plain sight: %+v", ws.Warnings)
	}
}

// TestAPromiseThatItsScheduleCannotKeep is warned of, and one that it can keep is not.
func TestAPromiseThatItsScheduleCannotKeep(t *testing.T) {
	for change, warns := range map[string]bool{"freshness: 1h": true, "freshness: 59m": true, "freshness: 61m": false} {
		ws, err := load(t, "freshet.yaml", strings.Replace(shop, "freshness: 90m", change, 1))
		if err != nil {
			t.Fatal(err)
		}
		warned := false
		for _, w := range ws.Warnings {
			warned = warned || w.Code == "config.slo_out_of_reach" && w.Where == "freshet.yaml:39:22"
		}
		if warned != warns {
			t.Errorf("%s: warned %v", change, warned)
		}
	}
}
