package hubspot

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/httpcall"
)

const jsonType = "application/json"

// call makes one call and gives its successful reply; every other end is a *connect.CallError. A token that HubSpot
// refuses is renewed once where that is possible, and the call made again: a 401 has done nothing.
func (d *destination) call(ctx context.Context, method, path string, body []byte) (*httpcall.Reply, error) {
	token, err := d.tokens.Get(ctx)
	if err != nil {
		return nil, err
	}
	reply, err := d.send(ctx, method, path, body, token)
	if err == nil && reply.Status == http.StatusUnauthorized && d.config.oauth.full() {
		if token, err = d.tokens.Refresh(ctx, token); err == nil {
			reply, err = d.send(ctx, method, path, body, token)
		}
	}
	if err != nil {
		return nil, err
	}
	if failure := classify(reply, time.Now()); failure != nil {
		return nil, failure
	}
	return reply, nil
}

func (d *destination) send(ctx context.Context, method, path string, body []byte, token connect.Secret) (*httpcall.Reply, error) {
	request := httpcall.Request{Method: method, URL: d.config.base + path, Body: body,
		Header: http.Header{"Authorization": {"Bearer " + token.Reveal()}, "Accept": {jsonType}}}
	if body != nil {
		request.ContentType = jsonType
	}
	return d.http.Do(ctx, request)
}

// newToken gives the private app's token, or asks for an access token with the refresh token.
func (d *destination) newToken(ctx context.Context) (connect.Secret, time.Time, error) {
	if !d.config.oauth.full() {
		return d.config.token, time.Time{}, nil
	}
	grant := d.config.oauth
	form := url.Values{"grant_type": {"refresh_token"}, "client_id": {grant.clientID},
		"client_secret": {grant.secret.Reveal()}, "refresh_token": {grant.refresh.Reveal()}}
	reply, err := d.http.Do(ctx, httpcall.Request{Method: http.MethodPost, URL: d.config.base + d.config.tokenPath(),
		Body: []byte(form.Encode()), ContentType: "application/x-www-form-urlencoded"})
	if err != nil {
		return connect.Secret{}, time.Time{}, notWritten(err)
	}
	return readToken(reply)
}

func readToken(reply *httpcall.Reply) (connect.Secret, time.Time, error) {
	if reply.Status == http.StatusBadRequest || reply.Status == http.StatusUnauthorized || reply.Status == http.StatusForbidden {
		return connect.Secret{}, time.Time{}, &connect.CallError{Class: connect.Unauthorized, Status: reply.Status,
			Code: "hubspot.oauth", Message: "HubSpot gives no access token: check client_id, client_secret and refresh_token, and that the app is still installed in the account"}
	}
	if failure := classify(reply, time.Now()); failure != nil {
		return connect.Secret{}, time.Time{}, notWritten(failure)
	}
	var granted struct {
		AccessToken string `json:"access_token"`
		ExpiresIn   int    `json:"expires_in"`
	}
	if err := httpcall.JSON(reply, &granted); err != nil {
		return connect.Secret{}, time.Time{}, notWritten(err)
	}
	if granted.AccessToken == "" {
		return connect.Secret{}, time.Time{}, &connect.CallError{Class: connect.NotSent, Status: reply.Status,
			Code: "hubspot.oauth", Message: "HubSpot's answer holds no access token"}
	}
	var expires time.Time
	if granted.ExpiresIn > 0 {
		expires = time.Now().Add(time.Duration(granted.ExpiresIn) * time.Second)
	}
	return connect.NewSecret(granted.AccessToken), expires, nil
}

// callError is the failure of a call, nil where err is none.
func callError(err error) *connect.CallError {
	var e *connect.CallError
	if errors.As(err, &e) {
		return e
	}
	return nil
}

// notWritten is the failure of a call that only asked: whatever became of it, no record was touched.
func notWritten(err error) error {
	e := callError(err)
	if e == nil || e.Class != connect.Lost {
		return err
	}
	asked := *e
	asked.Class = connect.NotSent
	return &asked
}
