package salesforce

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"regexp"
	"strings"
	"time"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/fault"
)

// config is the settings, read and checked.
type config struct {
	instance  string // "" where the login tells it
	login     string
	version   string
	client    string
	username  string
	access    connect.Secret
	secret    connect.Secret
	refresh   connect.Secret
	key       *rsa.PrivateKey // nil: no JWT
	bulkAbove int
	reserve   int // percent
	timeout   time.Duration
	caFile    string
}

var versionForm = regexp.MustCompile(`^[0-9]{2,3}\.0$`)

func configure(s connect.Settings) (config, error) {
	c := config{instance: strings.TrimRight(s.Text("instance_url"), "/"), login: strings.TrimRight(s.Text("login_url"), "/"),
		version: strings.TrimPrefix(or(s.Text("api_version"), "67.0"), "v"), client: s.Text("client_id"), username: s.Text("username"),
		access: s.Secret("access_token"), secret: s.Secret("client_secret"), refresh: s.Secret("refresh_token"),
		bulkAbove: 2000, reserve: 5, timeout: 2 * time.Minute, caFile: s.Text("ca_file")}
	if s.Text("bulk_above") != "" {
		c.bulkAbove = max(1, s.Integer("bulk_above"))
	}
	if s.Text("api_reserve") != "" {
		c.reserve = min(100, max(0, s.Integer("api_reserve")))
	}
	if d := s.Duration("timeout"); d > 0 {
		c.timeout = d
	}
	if !versionForm.MatchString(c.version) {
		return c, wrong("api_version", "the API version is not a number such as 67.0", "Write the version without a v: 67.0.")
	}
	if pemText := s.Secret("private_key"); !pemText.Empty() {
		key, err := readKey(pemText)
		if err != nil {
			return c, err
		}
		c.key = key
	}
	return c.complete()
}

// complete finds what is missing for the way to log in that was chosen, and where to do it.
func (c config) complete() (config, error) {
	const give = "Give access_token, or client_id with one of client_secret, private_key (and username) and refresh_token."
	byClient := c.key == nil && c.refresh.Empty()
	switch {
	case !c.access.Empty():
		if c.instance == "" {
			return c, wrong("instance_url", "an access token needs the org's address", "Set instance_url, such as https://example.my.salesforce.com.")
		}
		return c, nil
	case c.client == "":
		return c, wrong("client_id", "there are no credentials", give)
	case c.key != nil && c.username == "":
		return c, wrong("username", "the private key needs the user it logs in as", "Set username.")
	case byClient && c.secret.Empty():
		return c, wrong("client_secret", "the client id alone is not enough to log in", give)
	case byClient && c.instance == "" && c.login == "":
		return c, wrong("instance_url", "client credentials are taken by the org's own address alone",
			"Set instance_url, such as https://example.my.salesforce.com.")
	}
	if c.login == "" {
		c.login = "https://login.salesforce.com"
		if byClient {
			c.login = c.instance
		}
	}
	return c, nil
}

func readKey(text connect.Secret) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode([]byte(text.Reveal()))
	if block == nil {
		return nil, wrong("private_key", "the private key is not in PEM form", "Give the whole text from BEGIN to END.")
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	key, ok := parsed.(*rsa.PrivateKey)
	if err != nil || !ok {
		return nil, wrong("private_key", "the private key is not an RSA key", "Make one with: openssl genrsa -out key.pem 2048.")
	}
	return key, nil
}

func wrong(setting, message, suggestion string) error {
	return fault.New(fault.Usage, "salesforce.bad_setting", message).At(setting).Do(suggestion)
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
