package kafka

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/freshet/freshet/connectors/kafka/kafkafake"
	"github.com/freshet/freshet/sync/connect"
)

// authority signs certificates.
type authority struct {
	t    *testing.T
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t, dir: t.TempDir()}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	a.key = newKey(t)
	der, err := x509.CreateCertificate(rand.Reader, template, template, a.key.Public(), a.key)
	must(t, err)
	a.cert, err = x509.ParseCertificate(der)
	must(t, err)
	a.file("ca.pem", "CERTIFICATE", der)
	return a
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	return key
}

func (a *authority) file(name, kind string, der []byte) string {
	a.t.Helper()
	path := filepath.Join(a.dir, name)
	must(a.t, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
	return path
}

// ca is the file with the authority's own certificate.
func (a *authority) ca() string { return filepath.Join(a.dir, "ca.pem") }

// issue makes a certificate for a name, and the files it stands in.
func (a *authority) issue(name string, ends time.Time) (tls.Certificate, string, string) {
	a.t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, NotBefore: ends.Add(-2 * time.Hour), NotAfter: ends,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}
	if ip := net.ParseIP(name); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{name}
	}
	key := newKey(a.t)
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	must(a.t, err)
	encoded, err := x509.MarshalECPrivateKey(key)
	must(a.t, err)
	cert, private := a.file(name+".pem", "CERTIFICATE", der), a.file(name+".key", "EC PRIVATE KEY", encoded)
	pair, err := tls.LoadX509KeyPair(cert, private)
	must(a.t, err)
	return pair, cert, private
}

// secure is a cluster that speaks TLS.
func secure(t *testing.T, config *tls.Config) *kafkafake.Cluster {
	t.Helper()
	return cluster(t, kafkafake.Options{Kafka: []kfake.Opt{kfake.TLS(config)}}, "carts", 1)
}

// reads says whether a feed over these settings can be opened and is given its partition.
func reads(t *testing.T, s connect.Settings) error {
	t.Helper()
	opened, err := open(t.Context(), s)
	if err != nil {
		return err
	}
	defer func() { _ = opened.Close() }()
	began := time.Now()
	st, err := opened.(*source).Open(t.Context(), connect.StreamOptions{Feed: "carts", State: "led_a", Topics: []string{"carts"}})
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("opening took %s", took)
	}
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }()
	_, err = st.Poll(t.Context())
	return err
}

func TestTLS(t *testing.T) {
	a, other := newAuthority(t), newAuthority(t)
	broker, _, _ := a.issue("127.0.0.1", time.Now().Add(time.Hour))
	named, _, _ := a.issue("kafka.example.com", time.Now().Add(time.Hour))
	old, _, _ := a.issue("127.0.0.1", time.Now().Add(-time.Hour))
	_, cert, key := a.issue("client", time.Now().Add(time.Hour))
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	plain := tls.Config{Certificates: []tls.Certificate{broker}}
	mutual := tls.Config{Certificates: []tls.Certificate{broker}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool}
	ca := []string{"ca_file", a.ca()}
	for name, c := range map[string]struct {
		broker *tls.Config
		more   []string
		code   string // "": it works
		names  string
	}{
		"a private authority":      {&plain, ca, "", ""},
		"a client certificate":     {&mutual, append(ca, "client_certificate", cert, "client_key", key), "", ""},
		"another server name":      {&tls.Config{Certificates: []tls.Certificate{named}}, append(ca, "server_name", "kafka.example.com"), "", ""},
		"an unknown authority":     {&plain, []string{"tls", "true"}, "stream.tls", "ca_file"},
		"the wrong authority":      {&plain, []string{"ca_file", other.ca()}, "stream.tls", "ca_file"},
		"the wrong name":           {&tls.Config{Certificates: []tls.Certificate{named}}, ca, "stream.tls", "server_name"},
		"a certificate that ended": {&tls.Config{Certificates: []tls.Certificate{old}}, ca, "stream.tls", "expired"},
		"no client certificate":    {&mutual, ca, "stream.tls", "client_certificate"},
		"no TLS at the broker":     {nil, ca, "stream.unreachable", "tls"},
		"no TLS here":              {&plain, nil, "stream.unreachable", "tls"},
		"half a client":            {&mutual, append(ca, "client_certificate", cert), "kafka.bad_setting", "client_key"},
		"a missing file":           {&plain, []string{"ca_file", filepath.Join(a.dir, "none.pem")}, "kafka.ca_file", "none.pem"},
		"a file that is none":      {&plain, []string{"ca_file", key}, "kafka.ca_file", "PEM"},
	} {
		t.Run(name, func(t *testing.T) {
			var s connect.Settings
			if c.broker == nil {
				s = settings(cluster(t, kafkafake.Options{}, "", 0), c.more...)
			} else {
				s = settings(secure(t, c.broker.Clone()), c.more...)
			}
			err := reads(t, s)
			if c.code == "" {
				must(t, err)
				return
			}
			wantFault(t, err, c.code, c.names)
		})
	}
}

func TestSignIn(t *testing.T) {
	for _, way := range []string{plainAuth, scram256, scram512} {
		t.Run(way, func(t *testing.T) {
			c := cluster(t, kafkafake.Options{Kafka: []kfake.Opt{kfake.EnableSASL(), kfake.Superuser(strings.ToUpper(way), "ada", password)}}, "carts", 1)
			must(t, reads(t, settings(c, "auth", way, "username", "ada", "!password", password)))
			f := wantFault(t, reads(t, settings(c, "auth", way, "username", "ada", "!password", "wrong-secret")), "stream.auth", "password")
			if strings.Contains(f.Error(), "wrong-secret") {
				t.Errorf("%q shows the password", f.Error())
			}
		})
	}
}

// TestPasswordChanges: credentials that are not taken any more end a stream that reads, and say so.
func TestPasswordChanges(t *testing.T) {
	c := cluster(t, kafkafake.Options{Kafka: []kfake.Opt{kfake.EnableSASL(), kfake.Superuser("PLAIN", "ada", password)}}, "carts", 1)
	st := reader(t, openSource(t, settings(c, "auth", plainAuth, "username", "ada", "!password", password, "timeout", "1s")), connect.StreamOptions{Topics: []string{"carts"}})
	got := newSeen(t)
	got.until(st, func() bool { return got.count(connect.Assigned) == 1 })
	c.Stop()
	c.Use(kfake.EnableSASL(), kfake.Superuser("PLAIN", "ada", "another"))
	must(t, c.Begin())
	_, err := pollUntil(t, st)
	wantFault(t, err, "stream.auth", "password")
}

// bearer is a cluster that takes OAUTHBEARER tokens, as the fake's library does not.
func bearerCluster(t *testing.T, good func(token string) bool) *kafkafake.Cluster {
	t.Helper()
	c := cluster(t, kafkafake.Options{}, "carts", 1)
	k := c.Kafka()
	k.ControlKey(kmsg.SASLHandshake.Int16(), func(r kmsg.Request) (kmsg.Response, error, bool) {
		k.KeepControl()
		answer := r.ResponseKind().(*kmsg.SASLHandshakeResponse)
		answer.SupportedMechanisms = []string{"OAUTHBEARER"}
		return answer, nil, true
	})
	k.ControlKey(kmsg.SASLAuthenticate.Int16(), func(r kmsg.Request) (kmsg.Response, error, bool) {
		k.KeepControl()
		answer := r.ResponseKind().(*kmsg.SASLAuthenticateResponse)
		_, token, _ := strings.Cut(string(r.(*kmsg.SASLAuthenticateRequest).SASLAuthBytes), "auth=Bearer ")
		token, _, _ = strings.Cut(token, "\x01")
		if !good(token) {
			answer.ErrorCode, answer.ErrorMessage = kerr.SaslAuthenticationFailed.Code, kmsg.StringPtr("no: "+token)
		}
		answer.SessionLifetimeMillis = 2000
		return answer, nil, true
	})
	return c
}

func TestBearerTokens(t *testing.T) {
	c := bearerCluster(t, func(token string) bool { return token == "good-token" })
	must(t, reads(t, settings(c, "auth", oauthBearer, "!token", "good-token")))
	f := wantFault(t, reads(t, settings(c, "auth", oauthBearer, "!token", "stale-token")), "stream.auth", "token")
	if strings.Contains(f.Error(), "stale-token") {
		t.Errorf("%q shows the token", f.Error())
	}
}

// TestClientCredentials: tokens are asked for, kept, and asked for anew before they end.
func TestClientCredentials(t *testing.T) {
	var asked atomic.Int32
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, secret, _ := r.BasicAuth()
		if id != "freshet" || secret != password || r.FormValue("grant_type") != "client_credentials" || r.FormValue("scope") != "kafka" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		n := asked.Add(1)
		_ = json.NewEncoder(w).Encode(map[string]any{"access_token": "token-" + string(rune('a'+n-1)), "expires_in": 2, "token_type": "bearer"})
	}))
	t.Cleanup(endpoint.Close)
	c := bearerCluster(t, func(token string) bool { return strings.HasPrefix(token, "token-") })
	how := []string{"auth", oauthBearer, "token_url", endpoint.URL, "client_id", "freshet", "scope", "kafka"}
	st := reader(t, openSource(t, settings(c, append(how, "!client_secret", password)...)), connect.StreamOptions{Topics: []string{"carts"}})
	got := newSeen(t)
	for n := 0; asked.Load() < 3; n++ {
		write(t, c, "carts", 0, n, 1)
		got.until(st, func() bool { return len(got.events) == n+1 })
		time.Sleep(300 * time.Millisecond)
	}
	wantFault(t, reads(t, settings(c, append(how, "!client_secret", "wrong-secret")...)), "stream.auth", "client_secret")
	endpoint.Close()
	wantFault(t, reads(t, settings(c, append(how, "!client_secret", password)...)), "stream.auth", "token_url")
}
