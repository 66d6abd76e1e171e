package httpcall

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"syscall"

	"github.com/freshet/freshet/sync/connect"
)

// errTooLong: the reply is longer than Options.MaxBody.
var errTooLong = errors.New("the reply is longer than the limit")

// proxyRefused is a proxy that did not open the way.
type proxyRefused struct{ status int }

func (p *proxyRefused) Error() string { return fmt.Sprintf("the proxy answered HTTP %d", p.status) }

func proxyAnswer(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode != http.StatusOK {
		return &proxyRefused{status: answer.StatusCode}
	}
	return nil
}

// failed says what is known of a call without a reply. The address is kept out of the text but for its host: paths
// and queries can hold secrets.
func failed(ctx context.Context, err error, sent bool, host string) *connect.CallError {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	out := &connect.CallError{Class: connect.Lost, Err: err}
	if !sent {
		out.Class = connect.NotSent
	}
	if ctx.Err() != nil {
		out.Err = ctx.Err()
	}
	switch {
	case errors.Is(out.Err, context.Canceled):
		out.Code, out.Message = "canceled", "the call was stopped"
	case isTimeout(out.Err):
		out.Code, out.Message = timedOut(sent, host)
	case sent:
		out.Code, out.Message = "connection.lost", host+" closed the connection before it answered"
	default:
		out.Code, out.Message = unreached(err, host)
	}
	return out
}

func isTimeout(err error) bool {
	var network net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &network) && network.Timeout()
}

func timedOut(sent bool, host string) (code, message string) {
	if sent {
		return "timeout", host + " did not answer in time"
	}
	return "connect.timeout", "no connection to " + host + " could be opened in time: check the address and the firewall"
}

// unreached explains why no connection came about, and what to do.
func unreached(err error, host string) (code, message string) {
	if code, message = untrusted(err, host); code != "" {
		return code, message
	}
	var name *net.DNSError
	var proxy *proxyRefused
	switch {
	case errors.As(err, &name) && name.IsNotFound:
		return "dns.not_found", "there is no host " + host + ": check the spelling of the address"
	case errors.As(err, &name):
		return "dns.failed", "the name " + host + " could not be looked up: check the network and its name server"
	case errors.As(err, &proxy) && proxy.status == http.StatusProxyAuthRequired:
		return "proxy.auth", "the proxy wants credentials: set them in HTTPS_PROXY"
	case errors.As(err, &proxy):
		return "proxy.refused", "the proxy did not open the way to " + host
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connect.refused", "nothing listens at the port of " + host + ": check the address and that it is running"
	}
	return "connect.failed", "no connection to " + host + " could be opened"
}

// untrusted explains a failed TLS handshake; code is "" for other errors.
func untrusted(err error, host string) (code, message string) {
	var authority x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	var name x509.HostnameError
	var verify *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "tls.expired", "the certificate of " + host + " has expired or is not yet valid: have it renewed, or set this machine's clock"
	case errors.As(err, &authority):
		return "tls.unknown_authority", "the certificate of " + host + " is signed by an authority this machine does not trust: give its certificate as ca_file"
	case errors.As(err, &name):
		return "tls.wrong_host", "the certificate is not for " + host + ": use the name it was made for"
	case errors.As(err, &invalid), errors.As(err, &verify):
		return "tls.bad_certificate", "the certificate of " + host + " cannot be accepted"
	case errors.Is(err, http.ErrSchemeMismatch), errors.As(err, &record):
		return "tls.not_tls", host + " does not speak TLS at this port: check http or https and the port"
	case errors.As(err, &alert):
		return "tls.handshake", host + " and this machine could not agree on TLS"
	}
	return "", ""
}

// unread says what is known of a call whose reply began and could not be read to its end. The call's own context also
// ends when the reply is idle for too long, the caller's only when the caller stops.
func unread(caller, call context.Context, err error, status int) *connect.CallError {
	out := &connect.CallError{Class: connect.Lost, Status: status, Code: "reply.broken",
		Message: "the reply broke off", Err: err}
	switch {
	case errors.Is(err, errTooLong):
		out.Code, out.Message = "reply.too_long", "the reply is longer than any reply to such a call can be"
	case errors.Is(caller.Err(), context.Canceled):
		out.Code, out.Message, out.Err = "canceled", "the call was stopped", context.Canceled
	case isTimeout(err), call.Err() != nil:
		out.Code, out.Message, out.Err = "timeout", "the reply did not come to its end in time", context.DeadlineExceeded
	}
	return out
}
