package kafka

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"syscall"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/freshet/freshet/sync/fault"
)

// explain makes a fault of what the library says. Words of a broker are left out: it may repeat what it was sent.
func explain(err error) *fault.Fault {
	var known *fault.Fault
	if errors.As(err, &known) {
		return known
	}
	if f := refused(err); f != nil {
		return f
	}
	if f := untrusted(err); f != nil {
		return f
	}
	return unreached(err)
}

// codeOf is the protocol's own error in err, nil where there is none.
func codeOf(err error) *kerr.Error {
	var code *kerr.Error
	if errors.As(err, &code) {
		return code
	}
	return nil
}

// refused explains what a broker answered about who we are and what we may; nil for everything else.
func refused(err error) *fault.Fault {
	var denied *kadm.AuthError
	if errors.As(err, &denied) {
		err = denied.Err
	}
	const credentials = "Check username and password (or the token), and that auth names the way this user was made for."
	if errors.Is(err, errSignIn) {
		return problem("auth", "the broker breaks off the sign-in").At("auth").Do(credentials)
	}
	switch codeOf(err) {
	case kerr.SaslAuthenticationFailed, kerr.IllegalSaslState:
		return problem("auth", "the brokers refuse the user or its credentials").At("auth").Do(credentials)
	case kerr.UnsupportedSaslMechanism:
		return problem("auth", "the brokers do not know this way to sign in").At("auth").Do("Ask which of plain, scram-sha-256, scram-sha-512 and oauthbearer they take, and set auth to it.")
	case kerr.TopicAuthorizationFailed:
		return problem("forbidden", "the user may not read the topic").Do("Give the user DESCRIBE and READ on the feed's topics (kafka-acls --operation Read --topic …).")
	case kerr.GroupAuthorizationFailed:
		return problem("forbidden", "the user may not use the consumer group").Do("Give the user READ on the group (kafka-acls --operation Read --group … --resource-pattern-type prefixed), or set group_prefix to one it may use.")
	case kerr.ClusterAuthorizationFailed:
		return problem("forbidden", "the user may not ask the cluster what a reader has to ask").Do("Give the user DESCRIBE on the cluster.")
	}
	return nil
}

// groupFault explains why the group does not take us, where waiting will not help; nil where it may.
func groupFault(err error) *fault.Fault {
	if f := refused(err); f != nil {
		return f
	}
	code := codeOf(err)
	switch code {
	case kerr.InconsistentGroupProtocol:
		return problem("group", "readers of another kind are in the consumer group").Do("Stop the program that uses the same group, or set group_prefix to another.")
	case kerr.InvalidGroupID, kerr.InvalidSessionTimeout, kerr.GroupMaxSizeReached, kerr.UnsupportedAssignor, kerr.UnsupportedVersion:
		return problem("group", "the brokers do not let us into the consumer group: "+code.Message).Do("Check group_prefix, session_timeout and protocol against the brokers' settings.")
	}
	return nil
}

// untrusted explains a failed TLS handshake; nil for other errors.
func untrusted(err error) *fault.Fault {
	var authority x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	var verify *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var said *net.OpError
	switch {
	case errors.As(err, &authority):
		return problem("tls", "the broker's certificate is signed by an authority this machine does not trust").At("ca_file").Do("Set ca_file to the certificate of the authority that signed it.")
	case errors.As(err, &name):
		return problem("tls", "the broker's certificate was made for another name").At("server_name").Do("Reach the broker by the name in its certificate, or set server_name to that name.")
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return problem("tls", "the broker's certificate has expired or is not valid yet").Do("Have it renewed, or set this machine's clock.")
	case errors.As(err, &invalid), errors.As(err, &verify):
		return problem("tls", "the broker's certificate cannot be accepted").Do("Have the broker's certificate looked at; it is not one for a server, or its chain is broken.")
	case errors.As(err, &record):
		return problem("tls", "the broker does not speak TLS at this port").At("brokers").Do("Use the port of its TLS listener, or leave tls out.")
	case errors.As(err, &said) && said.Op == "remote error": // how crypto/tls marks an alert of the other side
		return problem("tls", "the broker broke off the TLS handshake").At("client_certificate").Do("It may want a client certificate, or not accept this one: check client_certificate and client_key.")
	}
	return nil
}

// unreached explains why no answer came.
func unreached(err error) *fault.Fault {
	var name *net.DNSError
	var first *kgo.ErrFirstReadEOF
	var network net.Error
	out := problem("unreachable", "the brokers cannot be reached").At("brokers")
	switch {
	case errors.As(err, &name):
		return problem("unreachable", "a broker's name cannot be looked up: "+name.Name).At("brokers").Do("Check the spelling of the address, and the network's name server.")
	case errors.Is(err, syscall.ECONNREFUSED):
		return out.Because(dialed(err)).Do("Nothing listens there: check host and port, and that the broker runs.")
	case errors.As(err, &first), errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET):
		return problem("unreachable", "the broker closes the connection at once").At("brokers").Do("It may want TLS or a sign-in, or none of both: check tls and auth.")
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return problem("unreachable", "the brokers did not answer in time").At("brokers").Do("Check the address, the firewall, and that tls is what this port speaks. timeout says how long is waited for brokers that are busy.")
	case codeOf(err) != nil:
		return problem("unreachable", "the brokers answer that they cannot serve this: "+codeOf(err).Message).Do("Look at the brokers' own state; the stream goes on when they can.")
	}
	return out.Because(dialed(err)).Do("Check the address, the firewall and that the brokers run.")
}

// dialed keeps of an error what a network call says of itself: addresses and the system's words.
func dialed(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return op
	}
	return nil
}

func problem(reason, message string) *fault.Fault {
	return fault.New(fault.Source, "stream."+reason, message)
}
