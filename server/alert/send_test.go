package alert_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"mime/quotedprintable"
	"net"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"strings"
	"testing"

	webhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/freshet/freshet/server/alert"
	"github.com/freshet/freshet/server/config"
	"github.com/freshet/freshet/server/wire"
	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/fault"
)

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

var note = wire.AlertNote{ID: "alert_1", Type: "sync.state", At: "2026-03-01T10:15:30Z", Workspace: "shop", Sync: "crm", State: "late",
	Says: "crm is late: <changes> may be 22 min old, & the limit is 15 min – ü"}

// receiver answers with a status, and gives what it was sent.
func receiver(t *testing.T, status int) (url string, got chan *http.Request, body chan []byte) {
	t.Helper()
	got, body = make(chan *http.Request, 5), make(chan []byte, 5)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		got <- r
		body <- text
		if status == http.StatusFound {
			w.Header().Set("Location", "/elsewhere")
		}
		w.WriteHeader(status)
	}))
	t.Cleanup(s.Close)
	return s.URL + "/hooks/top-secret", got, body
}

// TestWebhook: the library that the convention's authors publish takes the signature, and refuses it over another body.
func TestWebhook(t *testing.T) {
	url, got, body := receiver(t, http.StatusNoContent)
	a := config.Alert{Name: "ops", Way: "webhook", URL: connect.NewSecret(url), Secret: connect.NewSecret(secret)}
	if err := alert.Send(context.Background(), a, note); err != nil {
		t.Fatal(err)
	}
	verifier, err := webhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	r, text := <-got, <-body
	if err := verifier.Verify(text, r.Header); err != nil {
		t.Errorf("the signature is refused: %v", err)
	}
	if verifier.Verify(append(text, ' '), r.Header) == nil {
		t.Error("the signature is taken for another body")
	}
	var back wire.AlertNote
	if err := json.Unmarshal(text, &back); err != nil || back != note || r.Header.Get("Webhook-Id") != note.ID {
		t.Errorf("%v: %s", err, text)
	}
}

// TestRefusedIsNotTold: whatever is not a 2xx was not told, a word to go elsewhere is not followed, and no error quotes the address.
func TestRefusedIsNotTold(t *testing.T) {
	for _, status := range []int{http.StatusFound, http.StatusBadRequest, http.StatusGone, http.StatusInternalServerError} {
		url, got, _ := receiver(t, status)
		for _, way := range []string{"webhook", "slack"} {
			err := alert.Send(context.Background(), config.Alert{Name: "ops", Way: way, URL: connect.NewSecret(url)}, note)
			if !fault.Is(err, "alert.not_told") || strings.Contains(err.Error(), "top-secret") {
				t.Errorf("%d by %s: %v", status, way, err)
			}
			<-got
		}
		if len(got) > 0 {
			t.Errorf("%d: it was called again", status)
		}
	}
	err := alert.Send(context.Background(), config.Alert{Name: "ops", Way: "slack", URL: connect.NewSecret("http://127.0.0.1:1/top-secret")}, note)
	if cause := fault.As(err).Err; !fault.Is(err, "alert.not_told") || cause == nil || strings.Contains(cause.Error(), "top-secret") {
		t.Errorf("%v, because %v", err, cause)
	}
}

// TestSlack: what an incoming webhook takes, with the three characters escaped that Slack wants escaped.
func TestSlack(t *testing.T) {
	url, _, body := receiver(t, http.StatusOK)
	if err := alert.Send(context.Background(), config.Alert{Name: "ops", Way: "slack", URL: connect.NewSecret(url)}, note); err != nil {
		t.Fatal(err)
	}
	var message struct {
		Text   string
		Blocks []struct {
			Type string
			Text struct{ Type, Text string }
		}
	}
	if err := json.Unmarshal(<-body, &message); err != nil || len(message.Blocks) != 1 || message.Blocks[0].Text.Type != "mrkdwn" {
		t.Fatalf("%v: %+v", err, message)
	}
	for _, text := range []string{message.Text, message.Blocks[0].Text.Text} {
		if !strings.Contains(text, "crm is late: &lt;changes&gt; may be 22 min old, &amp; the limit") || strings.Contains(text, "<") {
			t.Errorf("%q", text)
		}
	}
}

// mailServer speaks SMTP to one caller, and gives the lines that it heard.
func mailServer(t *testing.T, offers ...string) (address string, heard chan []string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	heard = make(chan []string, 1)
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		var lines []string
		defer func() { heard <- lines }()
		say := func(text string) { _, _ = io.WriteString(conn, text+"\r\n") }
		say("220 mail.test ESMTP")
		in, data := bufio.NewScanner(conn), false
		for in.Scan() {
			line := in.Text()
			lines = append(lines, line)
			switch word, _, _ := strings.Cut(line, " "); {
			case data && line == ".":
				data = false
				say("250 taken")
			case data:
			case word == "EHLO":
				for _, o := range offers {
					say("250-" + o)
				}
				say("250 8BITMIME")
			case word == "AUTH":
				say("235 welcome")
			case word == "DATA":
				data = true
				say("354 go on")
			case word == "QUIT":
				say("221 bye")
				return
			default:
				say("250 ok")
			}
		}
	}()
	return listener.Addr().String(), heard
}

// TestEmail is a whole conversation: envelope, sign-in, and a message that a mail program reads.
func TestEmail(t *testing.T) {
	address, heard := mailServer(t, "AUTH PLAIN")
	m := config.Mail{Server: address, User: "freshet", Password: connect.NewSecret("pass"), From: "freshet@example.com", To: []string{"ops@example.com", "b@example.com"}, Plain: true}
	if err := alert.Send(context.Background(), config.Alert{Name: "mail", Way: "email", Mail: m}, note); err != nil {
		t.Fatal(err, fault.As(err).Err)
	}
	lines := <-heard
	all := strings.Join(lines, "\r\n")
	for _, want := range []string{"AUTH PLAIN ", "MAIL FROM:<freshet@example.com>", "RCPT TO:<ops@example.com>", "RCPT TO:<b@example.com>"} {
		if !strings.Contains(all, want) {
			t.Errorf("nobody said %q: %s", want, all)
		}
	}
	_, text, _ := strings.Cut(all, "DATA\r\n")
	read, err := mail.ReadMessage(strings.NewReader(strings.TrimSuffix(text, ".\r\nQUIT")))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(quotedprintable.NewReader(read.Body))
	if err != nil || !strings.Contains(string(body), note.Says) || read.Header.Get("Message-ID") != "<alert_1@example.com>" ||
		read.Header.Get("Subject") != "Freshet: crm in shop is late" {
		t.Errorf("%v: %v\n%s", err, read.Header, body)
	}
}

// TestEmailWantsTLS: a server that offers none is told nothing, not even the password, unless the definition says that it may be plain.
func TestEmailWantsTLS(t *testing.T) {
	address, heard := mailServer(t, "AUTH PLAIN")
	m := config.Mail{Server: address, User: "freshet", Password: connect.NewSecret("pass"), From: "freshet@example.com", To: []string{"ops@example.com"}}
	if err := alert.Send(context.Background(), config.Alert{Name: "mail", Way: "email", Mail: m}, note); !fault.Is(err, "alert.not_told") {
		t.Errorf("it was told without TLS: %v", err)
	}
	if all := strings.Join(<-heard, "\n"); strings.Contains(all, "AUTH") || strings.Contains(all, "MAIL") {
		t.Errorf("it heard %s", all)
	}
}
