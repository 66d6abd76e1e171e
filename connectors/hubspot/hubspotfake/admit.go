package hubspotfake

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// admit checks the token, its scopes and the rate; nil lets the call in.
func (s *Server) admit(header http.Header, r *http.Request, p place) *answer {
	if p.area == "oauth" {
		return nil
	}
	if refused := s.authenticate(r); refused != nil {
		return refused
	}
	if scope := p.scope(); s.options.Scopes != nil && scope != "" && !slices.Contains(s.options.Scopes, scope) {
		return s.fail(http.StatusForbidden, "MISSING_SCOPES",
			"This app hasn't been granted all required scopes to make this call.",
			detail{Message: "One or more of the following scopes are required.",
				Context: map[string][]string{"requiredGranularScopes": {scope}}})
	}
	return s.meter(header)
}

func (s *Server) authenticate(r *http.Request) *answer {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return s.fail(http.StatusUnauthorized, "INVALID_AUTHENTICATION", "Authentication credentials not found.")
	}
	s.mu.Lock()
	expires, oauth := s.access[token]
	revoked := s.revoked
	s.mu.Unlock()
	switch {
	case revoked:
		return s.fail(http.StatusUnauthorized, "INVALID_AUTHENTICATION", "Authentication credentials are not valid.")
	case oauth && time.Now().Before(expires), !oauth && token == s.options.Token:
		return nil
	case oauth:
		return s.fail(http.StatusUnauthorized, "EXPIRED_AUTHENTICATION", "The OAuth token used to make this call expired.")
	default:
		return s.fail(http.StatusUnauthorized, "INVALID_AUTHENTICATION", "Authentication credentials are not valid.")
	}
}

// scope is what a private app must be granted for the call; "" for nothing in particular.
func (p place) scope() string {
	kind := objectNames[p.object]
	if kind == "" {
		kind = "custom"
	}
	switch {
	case p.area == "properties":
		return "crm.schemas." + kind + ".read"
	case p.area != "objects":
		return ""
	case p.action == "batch/read" || !strings.HasPrefix(p.action, "batch/") && p.action != "gdpr-delete":
		return "crm.objects." + kind + ".read"
	default:
		return "crm.objects." + kind + ".write"
	}
}

// meter counts the call against the rolling window and the day, and shows what is left in HubSpot's headers.
func (s *Server) meter(header http.Header) *answer {
	if s.options.Calls == 0 && s.options.Daily == 0 {
		return nil
	}
	s.mu.Lock()
	policy := s.spend(time.Now())
	if policy != "" {
		s.counts["throttled"]++
	}
	window, daily := len(s.window), s.daily
	s.mu.Unlock()
	if s.options.Calls > 0 {
		header.Set("X-HubSpot-RateLimit-Max", strconv.Itoa(s.options.Calls))
		header.Set("X-HubSpot-RateLimit-Remaining", strconv.Itoa(max(0, s.options.Calls-window)))
		header.Set("X-HubSpot-RateLimit-Interval-Milliseconds", strconv.FormatInt(s.options.Per.Milliseconds(), 10))
	}
	if s.options.Daily > 0 {
		header.Set("X-HubSpot-RateLimit-Daily", strconv.Itoa(s.options.Daily))
		header.Set("X-HubSpot-RateLimit-Daily-Remaining", strconv.Itoa(max(0, s.options.Daily-daily)))
	}
	if policy == "" {
		return nil
	}
	return &answer{status: http.StatusTooManyRequests, body: throttled(policy, s.correlation())}
}

// spend takes one call from the budgets and names the one that is empty. The caller holds the lock.
func (s *Server) spend(now time.Time) string {
	s.window = slices.DeleteFunc(s.window, func(t time.Time) bool { return now.Sub(t) >= s.options.Per })
	if s.options.Daily > 0 && s.daily >= s.options.Daily {
		return "DAILY"
	}
	if s.options.Calls > 0 && len(s.window) >= s.options.Calls {
		return "TEN_SECONDLY_ROLLING"
	}
	s.window = append(s.window, now)
	s.daily++
	return ""
}

// throttled is the body of a 429 under one of HubSpot's policies.
func throttled(policy, correlation string) envelope {
	return envelope{Status: "error", Message: "You have reached your " + strings.ToLower(policy) + " limit.",
		ErrorType: "RATE_LIMIT", PolicyName: policy, CorrelationID: correlation}
}

// token is the OAuth endpoint: a refresh token against a new access token.
func (s *Server) token(r *http.Request, body []byte) *answer {
	form, err := url.ParseQuery(string(body))
	o := s.options
	switch {
	case err != nil || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded"):
		return s.fail(http.StatusBadRequest, "VALIDATION_ERROR", "the body must be form encoded")
	case form.Get("grant_type") != "refresh_token":
		return s.fail(http.StatusBadRequest, "VALIDATION_ERROR", "missing or unknown grant type")
	case o.ClientID == "" || form.Get("client_id") != o.ClientID || form.Get("client_secret") != o.ClientSecret:
		return s.oauthError("BAD_CLIENT_ID", "missing or unknown client id")
	case form.Get("refresh_token") != o.RefreshToken || s.isRevoked():
		return s.oauthError("BAD_REFRESH_TOKEN", "missing or invalid refresh token")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts["tokens"]++
	token := fmt.Sprintf("oauth-access-%d", s.counts["tokens"])
	s.access[token] = time.Now().Add(o.TokenLife)
	return &answer{status: http.StatusOK, body: map[string]any{"access_token": token, "token_type": "bearer",
		"refresh_token": o.RefreshToken, "expires_in": int(o.TokenLife.Seconds())}}
}

func (s *Server) oauthError(code, message string) *answer {
	return &answer{status: http.StatusBadRequest, body: map[string]string{"status": code, "message": message,
		"correlationId": s.correlation()}}
}

// ExpireTokens makes every OAuth access token stale, as half an hour would.
func (s *Server) ExpireTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expire()
}

func (s *Server) isRevoked() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.revoked
}

func (s *Server) expire() {
	for token := range s.access {
		s.access[token] = time.Time{}
	}
}

func (s *Server) account() *answer {
	return &answer{status: http.StatusOK, body: map[string]any{"portalId": s.options.Portal, "accountType": "STANDARD",
		"timeZone": "US/Eastern", "uiDomain": "app.hubspot.com", "companyCurrency": "USD", "dataHostingLocation": "na1"}}
}
