package config

import (
	"net"
	"net/mail"
	"slices"
	"strings"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/model"
)

// Alert is somebody who is told when the state of a sync changes. One of the three ways is set.
type Alert struct {
	Name    string
	Way     string         // webhook, slack or email
	URL     connect.Secret // of a webhook, or Slack's incoming webhook: it is all that a caller needs
	Secret  connect.Secret // signs a webhook's calls
	Mail    Mail
	Syncs   []string // those that it is about; empty: all
	On      Thresholds
	Pos     model.Pos
	Recover bool // tells of recovery, too
}

// Mail is how an e-mail is sent.
type Mail struct {
	Server   string // host:port
	User     string
	Password connect.Secret
	From     string
	To       []string
	Plain    bool // without TLS, for a server on this machine
}

// Thresholds say what an alert is about. A number below 0 leaves one out.
type Thresholds struct {
	States     []string // states of a sync
	Failed     float64  // share of changes that were refused or set aside in the last hour, in percent
	Rows       float64  // by how much the rows read may differ from the average of the last runs, in percent
	Quarantine int64    // rows that are set aside
}

// The states that an alert can be about, and those that it is about where it says nothing.
var (
	alertStates = []string{"at risk", "late", "held", "action needed", "paused", "unknown"}
	usualStates = []string{"late", "held", "action needed"}
)

func alertShape() *shape {
	onShape := &shape{kind: recordKind, help: "What it is about; without it late, held and action needed. Rows that ended nowhere are always told of.", fields: []field{
		{name: "states", shape: &shape{kind: listKind, help: "States of a sync.", of: choice("", alertStates)}},
		{name: "failed", shape: percentage("Share of changes that were refused or set aside in the last hour, above which it is told.")},
		{name: "rows", shape: percentage("By how much the rows that a run reads may differ from the average of the last ten, before it is told.")},
		{name: "quarantine", shape: formed("Rows that are set aside, above which it is told.", "a count such as 100", `^[0-9]+$`,
			func(s string) error { _, err := parseCount(s); return err })},
	}}
	common := []field{
		{name: "syncs", shape: texts("The syncs that it is about; all without it.")},
		{name: "on", shape: onShape},
		{name: "recovery", shape: &shape{kind: booleanKind, help: "Whether it is told when all is well again; true without it."}},
	}
	secret := func(help string) *shape { return &shape{kind: textKind, help: help, secret: true} }
	address := func(help string) *shape {
		s := formed(help, "an address such as https://example.com/alerts", "", parseURL)
		s.secret = true
		return s
	}
	return &shape{kind: variantKind, form: "way to be told", fields: append([]field{{name: "type", required: true, shape: text("How it is told.")}}, common...), types: []variant{
		{name: "webhook", help: "A call with the headers of Standard Webhooks.", fields: []field{
			{name: "url", required: true, shape: address("The address to call.")},
			{name: "secret", shape: secret("Signs every call: whsec_ and base64, or any text.")}}},
		{name: "slack", help: "A message by an incoming webhook of Slack.", fields: []field{
			{name: "url", required: true, shape: address("The incoming webhook's address.")}}},
		{name: "email", help: "An e-mail by SMTP.", fields: []field{
			{name: "server", required: true, shape: formed("Host and port of the mail server.", "host and port such as smtp.example.com:587", "", parseServer)},
			{name: "user", shape: text("The name to sign in with.")},
			{name: "password", shape: secret("The password to sign in with.")},
			{name: "from", required: true, shape: formed("The sender.", "an e-mail address", "", parseMail)},
			{name: "to", required: true, shape: &shape{kind: listKind, help: "The receivers.", of: formed("", "an e-mail address", "", parseMail)}},
			{name: "plain", shape: &shape{kind: booleanKind, help: "Without TLS: for a mail server on this machine."}}}},
	}}
}

func percentage(help string) *shape {
	return formed(help, "a percentage such as 5%", `^[0-9]+(\.[0-9]+)?%$`, func(s string) error { _, err := parsePercent(s); return err })
}

func parseServer(text string) error {
	if host, port, err := net.SplitHostPort(text); err != nil || host == "" || port == "" {
		return errForm
	}
	return nil
}

func parseMail(text string) error {
	if at, err := mail.ParseAddress(text); err != nil || at.Address != text || strings.ContainsAny(text, "\r\n") {
		return errForm
	}
	return nil
}

// alert reads one way of being told.
func (b *builder) alert(m member) {
	v := m.val
	a := Alert{Name: m.key.name, Pos: m.key.pos(), Way: b.str(v.get("type")), URL: connect.NewSecret(b.str(v.get("url"))),
		Secret: connect.NewSecret(b.str(v.get("secret"))), Syncs: b.strs(v.get("syncs")), Recover: b.str(v.get("recovery")) != "false"}
	a.Mail = Mail{Server: b.str(v.get("server")), User: b.str(v.get("user")), Password: connect.NewSecret(b.str(v.get("password"))),
		From: b.str(v.get("from")), To: b.strs(v.get("to")), Plain: b.str(v.get("plain")) == "true"}
	for _, name := range []string{"secret", "password"} {
		b.plainSecret(v.get(name))
	}
	if a.Way == "slack" {
		b.plainSecret(v.get("url"))
	} else {
		b.plainPassword(v.get("url"))
	}
	for _, named := range v.get("syncs").items() {
		b.known(named, "sync", "unknown_sync", b.names("syncs"))
	}
	if a.Way == "email" && len(a.Mail.To) == 0 && !v.get("to").absent() {
		b.fail(v.get("to").pos(), "required", v.path+".to is empty", "name at least one receiver")
	}
	a.On = b.thresholds(v.get("on"))
	b.w.Alerts = append(b.w.Alerts, a)
}

func (b *builder) thresholds(v value) (t Thresholds) {
	t.States = slices.Clone(usualStates)
	if states := v.get("states"); !states.absent() {
		t.States = b.strs(states)
	}
	t.Failed, t.Rows, t.Quarantine = -1, -1, -1
	if share := v.get("failed"); !share.absent() {
		t.Failed, _ = parsePercent(b.str(share))
	}
	if share := v.get("rows"); !share.absent() {
		t.Rows, _ = parsePercent(b.str(share))
	}
	if depth := v.get("quarantine"); !depth.absent() {
		t.Quarantine, _ = parseCount(b.str(depth))
	}
	return t
}

// Alert finds an alert by name.
func (w *Workspace) Alert(name string) (Alert, error) {
	names := make([]string, len(w.Alerts))
	for i, a := range w.Alerts {
		if a.Name == name {
			return a, nil
		}
		names[i] = a.Name
	}
	return Alert{}, newFault(model.Pos{}, "unknown_alert", "there is no alert named "+quote(name), suggest(name, names))
}
