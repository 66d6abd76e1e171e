package salesforce

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/freshet/freshet/connectors/salesforce/salesforcefake"
	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/fault"
)

func key(t *testing.T) (*rsa.PrivateKey, string, string) {
	t.Helper()
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	old := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(k)})
	return k, string(old), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}))
}

// TestLogins: every way to log in works, and the wrong secret is refused as such.
func TestLogins(t *testing.T) {
	k, pkcs1, pkcs8 := key(t)
	_, stranger, _ := key(t)
	s := start(t, salesforcefake.Options{PublicKey: &k.PublicKey})
	t.Cleanup(s.Close)
	at := func(pairs ...string) map[string]string {
		v := map[string]string{"instance_url": "", "login_url": s.URL, "client_id": "fake-client"}
		for i := 0; i < len(pairs); i += 2 {
			v[pairs[i]] = pairs[i+1]
		}
		return v
	}
	for _, c := range []struct {
		name   string
		values map[string]string
		secret map[string]string
		ok     bool
	}{
		{"client credentials", at(), map[string]string{"client_secret": "fake-client-secret"}, true},
		{"client credentials at the instance", at("instance_url", s.URL, "login_url", ""), map[string]string{"client_secret": "fake-client-secret"}, true},
		{"wrong client secret", at(), map[string]string{"client_secret": "canary-wrong"}, false},
		{"refresh token", at(), map[string]string{"refresh_token": "fake-refresh"}, true},
		{"wrong refresh token", at(), map[string]string{"refresh_token": "canary-wrong"}, false},
		{"JWT", at("username", "integration@example.com"), map[string]string{"private_key": pkcs1}, true},
		{"JWT with PKCS 8", at("username", "integration@example.com"), map[string]string{"private_key": pkcs8}, true},
		{"JWT of a stranger", at("username", "integration@example.com"), map[string]string{"private_key": stranger}, false},
		{"JWT as somebody else", at("username", "x@example.com"), map[string]string{"private_key": pkcs1}, false},
		{"access token", at("instance_url", s.URL), map[string]string{"access_token": "fake-session"}, true},
		{"wrong access token", at("instance_url", s.URL), map[string]string{"access_token": "canary-wrong"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			settings := connect.Settings{Values: c.values, Secrets: map[string]connect.Secret{}}
			for name, text := range c.secret {
				settings.Secrets[name] = connect.NewSecret(text)
			}
			account, err := opened(t, settings).Probe(t.Context())
			if c.ok {
				if err != nil || account.ID != s.Org || !strings.Contains(account.Note, "of 100000 daily API calls left") {
					t.Fatalf("the account is %+v, %v", account, err)
				}
				return
			}
			var call *connect.CallError
			if !errors.As(err, &call) || call.Class != connect.Unauthorized || strings.Contains(err.Error(), "canary") {
				t.Fatalf("the login ended with %v, want unauthorized", err)
			}
		})
	}
}

// TestOneLoginForAll: however many calls meet the end of a session, one new one is had.
func TestOneLoginForAll(t *testing.T) {
	s, d := org(t, salesforcefake.Options{})
	upserted(t, d, contact("a", "LastName", "x"))
	s.ExpireSessions()
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if _, err := d.Probe(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if n := s.Counters().Tokens; n != 2 {
		t.Errorf("%d tokens were given out, want 2", n)
	}
}

// TestBadSettings: each mistake is said before any call, with what to do.
func TestBadSettings(t *testing.T) {
	for _, c := range []struct {
		where   string
		values  map[string]string
		secrets map[string]string
	}{
		{"client_id", nil, nil},
		{"instance_url", nil, map[string]string{"access_token": "x"}},
		{"client_secret", map[string]string{"client_id": "x"}, nil},
		{"instance_url", map[string]string{"client_id": "x"}, map[string]string{"client_secret": "y"}},
		{"private_key", map[string]string{"client_id": "x", "username": "u"}, map[string]string{"private_key": "not a key"}},
		{"api_version", map[string]string{"api_version": "latest"}, nil},
		{"ca_file", map[string]string{"instance_url": "https://x.example", "ca_file": "no-such-file.pem"}, map[string]string{"access_token": "x"}},
	} {
		settings := connect.Settings{Values: c.values, Secrets: map[string]connect.Secret{}}
		for name, text := range c.secrets {
			settings.Secrets[name] = connect.NewSecret(text)
		}
		_, err := open(settings)
		var f *fault.Fault
		if !errors.As(err, &f) || f.Kind != fault.Usage || f.Suggestion == "" || !strings.Contains(f.Where, strings.TrimPrefix(c.where, "ca_")) {
			t.Errorf("%v: the error is %#v, want one at %s", c.values, err, c.where)
		}
	}
}
