package kafka

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/oauth"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/httpcall"
)

// mechanism is nil where nobody signs in. close lets go of what asks for tokens.
func mechanism(s connect.Settings, timeout time.Duration) (m sasl.Mechanism, closed func(), err error) {
	way := cmp.Or(s.Text("auth"), noAuth)
	if err := checkAuth(s, way); err != nil {
		return nil, nil, err
	}
	user, password := s.Text("username"), s.Secret("password")
	nothing := func() {}
	switch way {
	case plainAuth:
		return plain.Plain(func(context.Context) (plain.Auth, error) {
			return plain.Auth{User: user, Pass: password.Reveal()}, nil
		}), nothing, nil
	case scram256, scram512:
		auth := func(context.Context) (scram.Auth, error) { return scram.Auth{User: user, Pass: password.Reveal()}, nil }
		if way == scram256 {
			return scram.Sha256(auth), nothing, nil
		}
		return scram.Sha512(auth), nothing, nil
	case oauthBearer:
		return bearer(s, timeout)
	}
	return nil, nothing, nil
}

func bearer(s connect.Settings, timeout time.Duration) (sasl.Mechanism, func(), error) {
	if token := s.Secret("token"); !token.Empty() {
		return oauth.Oauth(func(context.Context) (oauth.Auth, error) {
			return oauth.Auth{Token: token.Reveal()}, nil
		}), func() {}, nil
	}
	client, err := httpcall.New(httpcall.Options{Timeout: timeout, MaxBody: 1 << 20, CAFile: s.Text("token_ca_file")})
	if err != nil {
		return nil, nil, err
	}
	endpoint := tokenEndpoint{client: client, url: s.Text("token_url"), id: s.Text("client_id"), secret: s.Secret("client_secret"), scope: s.Text("scope")}
	tokens := httpcall.NewTokens(endpoint.ask)
	return oauth.Oauth(func(ctx context.Context) (oauth.Auth, error) {
		token, err := tokens.Get(ctx)
		return oauth.Auth{Token: token.Reveal()}, err
	}), client.Close, nil
}

// tokenEndpoint gives access tokens for client credentials (RFC 6749, 4.4).
type tokenEndpoint struct {
	client *httpcall.Client
	url    string
	id     string
	secret connect.Secret
	scope  string
}

func (e tokenEndpoint) ask(ctx context.Context) (connect.Secret, time.Time, error) {
	form := url.Values{"grant_type": {"client_credentials"}}
	if e.scope != "" {
		form.Set("scope", e.scope)
	}
	header := http.Header{"Accept": {"application/json"}}
	basic := &http.Request{Header: header}
	basic.SetBasicAuth(url.QueryEscape(e.id), url.QueryEscape(e.secret.Reveal()))
	reply, err := e.client.Do(ctx, httpcall.Request{Method: http.MethodPost, URL: e.url, Header: header,
		Body: []byte(form.Encode()), ContentType: "application/x-www-form-urlencoded"})
	if err != nil {
		return connect.Secret{}, time.Time{}, tokenFault(err)
	}
	if refused := httpcall.Standard(reply); refused != nil {
		return connect.Secret{}, time.Time{}, tokenFault(refused)
	}
	var answer struct {
		Token   string  `json:"access_token"`
		Seconds float64 `json:"expires_in"`
	}
	if err := httpcall.JSON(reply, &answer); err != nil {
		return connect.Secret{}, time.Time{}, tokenFault(err)
	}
	if answer.Token == "" {
		return connect.Secret{}, time.Time{}, fault.New(fault.Source, "stream.auth", "the token endpoint answered without a token").
			At("token_url").Do("Check that token_url is an OAuth 2 token endpoint that gives tokens for client credentials.")
	}
	var ends time.Time
	if answer.Seconds > 0 {
		ends = time.Now().Add(time.Duration(min(answer.Seconds, 1e8) * float64(time.Second)))
	}
	return connect.NewSecret(answer.Token), ends, nil
}

// tokenFault quotes nothing of the answer: an endpoint may repeat what it was sent.
func tokenFault(err error) error {
	return fault.New(fault.Source, "stream.auth", "the token endpoint gave no token").At("token_url").Because(err).
		Do("Check token_url, client_id, client_secret and scope, and that the endpoint can be reached from here.")
}
