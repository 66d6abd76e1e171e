package hubspot

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/fault"
)

// config is the settings, checked.
type config struct {
	base    string
	version string
	rate    int
	account string
	token   connect.Secret
	oauth   oauth
}

// oauth is an app's grant; the zero value is none.
type oauth struct {
	clientID        string
	secret, refresh connect.Secret
}

func (o oauth) any() bool  { return o.clientID != "" || !o.secret.Empty() || !o.refresh.Empty() }
func (o oauth) full() bool { return o.clientID != "" && !o.secret.Empty() && !o.refresh.Empty() }

var versionForm = regexp.MustCompile(`^(v3|20\d\d-(03|09))$`)

func parse(s connect.Settings) (config, error) {
	c := config{base: orDefault(s.Text("base_url"), defaultBase), version: orDefault(s.Text("api_version"), defaultVersion),
		rate: defaultRate, account: s.Text("account"), token: s.Secret("token"),
		oauth: oauth{clientID: s.Text("client_id"), secret: s.Secret("client_secret"), refresh: s.Secret("refresh_token")}}
	c.base = strings.TrimRight(c.base, "/")
	if text := s.Text("rate"); text != "" {
		c.rate, _ = strconv.Atoi(text)
	}
	wrong := func(code, setting, message, do string) error {
		return fault.New(fault.Usage, code, message).At("destinations." + s.Name + "." + setting).Do(do)
	}
	switch {
	case !c.token.Empty() && c.oauth.any():
		return c, wrong("hubspot.credentials", "token", "both a token and OAuth settings are given", "Keep one of the two.")
	case c.token.Empty() && !c.oauth.full():
		return c, wrong("hubspot.credentials", "token", "no complete credentials are given",
			"Give token (a private app's access token), or client_id, client_secret and refresh_token.")
	case !versionForm.MatchString(c.version):
		return c, wrong("hubspot.api_version", "api_version", "this is not a version of HubSpot's API",
			"Write a dated version such as "+defaultVersion+", or v3.")
	case c.rate <= 0:
		return c, wrong("hubspot.rate", "rate", "the rate is not a whole number above 0", "Give calls per 10 seconds, such as 100.")
	}
	return c, nil
}

func orDefault(text, other string) string {
	if text == "" {
		return other
	}
	return text
}
