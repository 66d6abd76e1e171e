package kafka

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"slices"
	"time"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/fault"
)

const (
	defaultTimeout   = 10 * time.Second
	defaultSession   = 45 * time.Second
	defaultRebalance = 2 * time.Minute
	defaultOpen      = time.Minute // as long as the usual producer has for a transaction
)

// checkBrokers wants host and port of each: a missing port is found here and not by waiting for port 0.
func checkBrokers(brokers []string) error {
	if len(brokers) == 0 {
		return badSetting("brokers", "no broker is named", `Write at least one as host:port, as in ["kafka.example.com:9092"].`)
	}
	for _, b := range brokers {
		if host, port, err := net.SplitHostPort(b); err != nil || host == "" || port == "" {
			return badSetting("brokers", "the broker "+b+" is not host:port", "Write it with its port, as in kafka.example.com:9092, and without a scheme.")
		}
	}
	return nil
}

func badSetting(name, wrong, remedy string) error {
	return fault.New(fault.Usage, "kafka.bad_setting", wrong).At(name).Do(remedy)
}

// tlsConfig is nil where the brokers are spoken to in plain.
func tlsConfig(s connect.Settings) (*tls.Config, error) {
	certificate, key := s.Text("client_certificate"), s.Text("client_key")
	if !s.Boolean("tls") && cmp.Or(s.Text("ca_file"), certificate, key, s.Text("server_name")) == "" {
		return nil, nil
	}
	out := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: s.Text("server_name")}
	if file := s.Text("ca_file"); file != "" {
		roots, err := authorities(file)
		if err != nil {
			return nil, err
		}
		out.RootCAs = roots
	}
	if (certificate == "") != (key == "") {
		return nil, badSetting("client_certificate", "client_certificate and client_key belong together, and one of them is missing", "Set both, or neither.")
	}
	if certificate != "" {
		pair, err := tls.LoadX509KeyPair(certificate, key)
		if err != nil {
			return nil, badSetting("client_certificate", "the client certificate and its key cannot be used together",
				"Check that both files exist and are PEM, that the key is not encrypted, and that it belongs to the certificate.")
		}
		out.Certificates = []tls.Certificate{pair}
	}
	return out, nil
}

func authorities(file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fault.New(fault.Usage, "kafka.ca_file", "the certificate file cannot be read").At(file).
			Do("Check the path and its permissions.").Because(err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fault.New(fault.Usage, "kafka.ca_file", "the certificate file holds no PEM certificate").At(file).
			Do("Give the authority's certificate in PEM form (-----BEGIN CERTIFICATE-----).")
	}
	return pool, nil
}

// checkAuth finds what a way to sign in needs and has not, and what was set and would not be used.
func checkAuth(s connect.Settings, way string) error {
	user, password := s.Text("username") != "", !s.Secret("password").Empty()
	token, address := !s.Secret("token").Empty(), s.Text("token_url") != ""
	credentials := s.Text("client_id") != "" && !s.Secret("client_secret").Empty()
	switch {
	case way == noAuth && (user || password || token || address):
		return badSetting("auth", "there are credentials, and auth says none", "Set auth to the way the brokers want, as in scram-sha-512.")
	case slices.Contains([]string{plainAuth, scram256, scram512}, way) && !(user && password):
		return badSetting("auth", "auth "+way+" needs username and password", "Set both.")
	case way == oauthBearer && token == address:
		return badSetting("auth", "auth oauthbearer needs either token or token_url", "Set exactly one of the two.")
	case way == oauthBearer && address && !credentials:
		return badSetting("token_url", "token_url needs client_id and client_secret", "Set both.")
	}
	return nil
}

func orElse(d, standard time.Duration) time.Duration {
	if d <= 0 {
		return standard
	}
	return d
}
