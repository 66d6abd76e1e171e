package salesforce

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/httpcall"
)

// session knows the org's address and the access token of the moment.
type session struct {
	config    config
	client    *httpcall.Client
	tokens    *httpcall.Tokens
	renewable bool // tokens can be had again

	mu       sync.Mutex
	instance string
}

func newSession(c config, client *httpcall.Client) *session {
	s := &session{config: c, client: client, instance: c.instance, renewable: c.access.Empty()}
	s.tokens = httpcall.NewTokens(s.login)
	return s
}

// address is where the org is; it is known once a token was had.
func (s *session) address() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.instance
}

// login asks for a token. Salesforce does not say how long one lasts.
func (s *session) login(ctx context.Context) (connect.Secret, time.Time, error) {
	if !s.renewable {
		return s.config.access, time.Time{}, nil
	}
	form, err := s.config.grant(time.Now())
	if err != nil {
		return connect.Secret{}, time.Time{}, err
	}
	reply, err := s.client.Do(ctx, httpcall.Request{Method: http.MethodPost, URL: s.config.login + "/services/oauth2/token",
		Body: []byte(form.Encode()), ContentType: "application/x-www-form-urlencoded"})
	if err != nil {
		return connect.Secret{}, time.Time{}, notSent(err)
	}
	token, err := s.granted(reply)
	return token, time.Time{}, err
}

// grant is the form that asks for a token in the way that was chosen.
func (c config) grant(now time.Time) (url.Values, error) {
	form := url.Values{"client_id": {c.client}}
	switch {
	case c.key != nil:
		assertion, err := c.assertion(now)
		return url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {assertion}}, err
	case !c.refresh.Empty():
		form.Set("grant_type", "refresh_token")
		form.Set("refresh_token", c.refresh.Reveal())
		if !c.secret.Empty() {
			form.Set("client_secret", c.secret.Reveal())
		}
	default:
		form.Set("grant_type", "client_credentials")
		form.Set("client_secret", c.secret.Reveal())
	}
	return form, nil
}

// refusals explains the token endpoint's own codes.
var refusals = map[string]string{
	"invalid_grant":       "the login was refused: the token was revoked, the user has not approved the app, or the login policy forbids it",
	"invalid_client_id":   "Salesforce does not know this client id",
	"invalid_client":      "the client secret is wrong",
	"inactive_user":       "the user is not active",
	"inactive_org":        "the org is locked or closed",
	"invalid_app_access":  "the user may not use this connected app",
	"unauthorized_client": "the connected app does not allow this way to log in",
}

func (s *session) granted(reply *httpcall.Reply) (connect.Secret, error) {
	var answer struct {
		Token    string `json:"access_token"`
		Instance string `json:"instance_url"`
		Error    string `json:"error"`
	}
	if err := httpcall.JSON(reply, &answer); err != nil {
		if standard := httpcall.Standard(reply); standard != nil {
			return connect.Secret{}, notSent(standard)
		}
		return connect.Secret{}, notSent(err)
	}
	if answer.Error != "" || answer.Token == "" {
		message := or(refusals[answer.Error], "the login was refused")
		return connect.Secret{}, &connect.CallError{Class: connect.Unauthorized, Status: reply.Status, Code: answer.Error, Message: message}
	}
	if s.config.instance == "" {
		if answer.Instance == "" {
			return connect.Secret{}, &connect.CallError{Class: connect.Unauthorized, Code: "login.no_instance",
				Message: "the login did not tell the org's address: set instance_url"}
		}
		s.mu.Lock()
		s.instance = strings.TrimRight(answer.Instance, "/")
		s.mu.Unlock()
	}
	return connect.NewSecret(answer.Token), nil
}

// notSent says of a failed login what it means for the operations: none of them left.
func notSent(err error) error {
	var call *connect.CallError
	if !errors.As(err, &call) || call.Class != connect.Lost {
		return err
	}
	out := *call
	out.Class, out.Message = connect.NotSent, "no access token could be had: "+call.Message
	return &out
}
