package alert

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/smtp"
	"strings"
	"time"

	"github.com/freshet/freshet/server/config"
	"github.com/freshet/freshet/server/wire"
)

// email sends one message to all receivers. The connection is under TLS from its beginning on port 465, and from STARTTLS on
// elsewhere; without TLS nothing is sent unless the definition says that it may be plain.
func email(ctx context.Context, name string, m config.Mail, note wire.AlertNote) error {
	host, port, err := net.SplitHostPort(m.Server)
	if err != nil {
		return failed(name, "its mail server cannot be understood", nil)
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", m.Server)
	if err != nil {
		return failed(name, "its mail server cannot be reached", err)
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline)
	}
	if port == "465" && !m.Plain {
		conn = tls.Client(conn, &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12})
	}
	c, err := smtp.NewClient(conn, host)
	if err != nil {
		return failed(name, "its mail server does not speak SMTP", err)
	}
	defer c.Close()
	if err := speak(c, host, port, m, note); err != nil {
		return failed(name, "its mail server does not take the message", err)
	}
	return nil
}

// speak is the conversation.
func speak(c *smtp.Client, host, port string, m config.Mail, note wire.AlertNote) error {
	if offered, _ := c.Extension("STARTTLS"); offered && port != "465" {
		if err := c.StartTLS(&tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}); err != nil {
			return fmt.Errorf("beginning TLS: %w", err)
		}
	}
	if _, secured := c.TLSConnectionState(); !secured && !m.Plain {
		return fmt.Errorf("it offers no TLS, and plain: true is not set")
	}
	if m.User != "" {
		if err := c.Auth(smtp.PlainAuth("", m.User, m.Password.Reveal(), host)); err != nil {
			return fmt.Errorf("signing in: %w", err)
		}
	}
	if err := c.Mail(m.From); err != nil {
		return err
	}
	for _, to := range m.To {
		if err := c.Rcpt(to); err != nil {
			return err
		}
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(message(m, note, time.Now())); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	_ = c.Quit() // it was taken: what is said after that changes nothing
	return nil
}

// message is the e-mail as it travels. Its id is the alert's, so that a repetition is told by it.
func message(m config.Mail, note wire.AlertNote, now time.Time) []byte {
	_, domain, _ := strings.Cut(m.From, "@")
	var b bytes.Buffer
	for _, h := range [][2]string{{"From", m.From}, {"To", strings.Join(m.To, ", ")}, {"Subject", mime.QEncoding.Encode("utf-8", oneLine(subject(note)))},
		{"Date", now.Format(time.RFC1123Z)}, {"Message-ID", "<" + note.ID + "@" + domain + ">"}, {"Auto-Submitted", "auto-generated"},
		{"MIME-Version", "1.0"}, {"Content-Type", "text/plain; charset=utf-8"}, {"Content-Transfer-Encoding", "quoted-printable"}} {
		fmt.Fprintf(&b, "%s: %s\r\n", h[0], h[1])
	}
	b.WriteString("\r\n")
	w := quotedprintable.NewWriter(&b)
	fmt.Fprintf(w, "%s\r\n\r\nsync: %s\r\nstate: %s\r\nat: %s\r\n", note.Says, note.Sync, note.State, note.At)
	_ = w.Close()
	return b.Bytes()
}

func oneLine(text string) string { return strings.NewReplacer("\r", " ", "\n", " ").Replace(text) }
