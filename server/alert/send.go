// Package alert tells people: by a webhook with the headers of Standard Webhooks, by a message in Slack, or by e-mail.
//
// It must not know when anybody is told, or how often it is tried.
package alert

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/freshet/freshet/server/config"
	"github.com/freshet/freshet/server/wire"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/httpcall"
)

// within is how long a receiver may take.
const within = 15 * time.Second

// Send tells one thing, once. Addresses come from the workspace's files alone, and no answer leads anywhere else. A fault of kind
// Destination says that it was not told; it quotes neither address nor answer, which are secrets of the receiver's.
func Send(ctx context.Context, a config.Alert, note wire.AlertNote) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	switch a.Way {
	case "webhook":
		return webhook(ctx, a, note)
	case "slack":
		return slack(ctx, a, note)
	default:
		return email(ctx, a.Name, a.Mail, note)
	}
}

func webhook(ctx context.Context, a config.Alert, note wire.AlertNote) error {
	body, err := json.Marshal(note)
	if err != nil {
		return err
	}
	key, err := httpcall.SigningKey(a.Secret, "alert.bad_secret")
	if err != nil {
		return err
	}
	headers, now := http.Header{}, time.Now()
	headers.Set("Webhook-Id", note.ID)
	headers.Set("Webhook-Timestamp", strconv.FormatInt(now.Unix(), 10))
	if key != nil {
		headers.Set("Webhook-Signature", httpcall.Sign(key, note.ID, now, body))
	}
	return post(ctx, a, headers, body)
}

// slack sends what Slack's incoming webhooks take: text for notifications, and a block of it for the channel.
func slack(ctx context.Context, a config.Alert, note wire.AlertNote) error {
	mark := ":red_circle:"
	if note.Recovered {
		mark = ":large_green_circle:"
	}
	escape := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	says := escape.Replace(subject(note)) + "\n" + escape.Replace(note.Says)
	body, err := json.Marshal(map[string]any{"text": mark + " " + says, "blocks": []any{
		map[string]any{"type": "section", "text": map[string]any{"type": "mrkdwn", "text": mark + " *" + escape.Replace(subject(note)) + "*\n" + escape.Replace(note.Says)}}}})
	if err != nil {
		return err
	}
	return post(ctx, a, http.Header{}, body)
}

func post(ctx context.Context, a config.Alert, headers http.Header, body []byte) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, a.URL.Reveal(), bytes.NewReader(body))
	if err != nil {
		return failed(a.Name, "its address cannot be understood", nil)
	}
	r.Header = headers
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "freshet")
	client := &http.Client{Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(r)
	if err != nil {
		return failed(a.Name, "nobody answers at its address", quiet(err))
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 1<<16))
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return failed(a.Name, "its receiver answers with HTTP "+strconv.Itoa(answer.StatusCode), nil)
	}
	return nil
}

// quiet keeps what an error says of the network, without the address: it may be a secret.
func quiet(err error) error {
	for ; ; err = errors.Unwrap(err) {
		if inner := errors.Unwrap(err); inner == nil {
			return errors.New(err.Error())
		}
	}
}

func failed(name, why string, cause error) error {
	f := fault.New(fault.Destination, "alert.not_told", "the alert "+name+" cannot be told: "+why).At("alerts." + name).
		Do("check it in the workspace, then: freshet alerts test " + name)
	if cause != nil {
		return f.Because(cause)
	}
	return f
}

// subject is a line that says it all.
func subject(note wire.AlertNote) string {
	switch {
	case note.Type == "test":
		return "Freshet: a test from " + note.Workspace
	case note.Recovered:
		return "Freshet: " + note.Sync + " in " + note.Workspace + " is well again"
	case note.Type == "sync.state":
		return "Freshet: " + note.Sync + " in " + note.Workspace + " is " + stateIn(note.State)
	default:
		return "Freshet: " + note.Sync + " in " + note.Workspace + " wants a look"
	}
}

func stateIn(state string) string {
	if state == "action needed" {
		return "waiting for somebody"
	}
	return state
}
