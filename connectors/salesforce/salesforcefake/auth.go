package salesforcefake

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// token serves /services/oauth2/token.
func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.ParseForm() != nil || r.Method != http.MethodPost {
		denied(w, "unsupported_grant_type", "grant type not supported")
		return
	}
	if s.active != nil && s.active.Kind == UnauthorizedForGood {
		denied(w, "invalid_grant", "expired access/refresh token")
		return
	}
	code, description := s.grant(r.PostForm)
	if code != "" {
		denied(w, code, description)
		return
	}
	s.counters.Tokens++
	session := fmt.Sprintf("%s!AQ.%d", s.Org[:15], s.counters.Tokens)
	s.sessions[session] = true
	reply(w, http.StatusOK, map[string]string{"access_token": session, "instance_url": s.URL, "token_type": "Bearer",
		"id": s.URL + "/id/" + s.Org + "/" + newID("005", 1), "scope": "api"})
}

// grant checks what was handed in; code is "" where it is good.
func (s *Server) grant(form url.Values) (code, description string) {
	kind := form.Get("grant_type")
	if kind != jwtGrant && form.Get("client_id") != s.opts.ClientID {
		return "invalid_client_id", "client identifier invalid"
	}
	switch kind {
	case "client_credentials":
		if form.Get("client_secret") != s.opts.ClientSecret {
			return "invalid_client", "invalid client credentials"
		}
	case "refresh_token":
		if form.Get("refresh_token") != s.opts.RefreshToken {
			return "invalid_grant", "expired access/refresh token"
		}
	case jwtGrant:
		return s.assertion(form.Get("assertion"))
	default:
		return "unsupported_grant_type", "grant type not supported"
	}
	return "", ""
}

const jwtGrant = "urn:ietf:params:oauth:grant-type:jwt-bearer"

// assertion checks a JWT: RS256 by the app's key, from the app, for the user, and for a few minutes only.
func (s *Server) assertion(token string) (code, description string) {
	parts := strings.Split(token, ".")
	key, ok := s.opts.PublicKey.(*rsa.PublicKey)
	if len(parts) != 3 || !ok {
		return "invalid_grant", "invalid assertion"
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	signature, _ := base64.RawURLEncoding.DecodeString(parts[2])
	if rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature) != nil {
		return "invalid_grant", "invalid assertion"
	}
	var claims struct {
		Iss, Sub, Aud string
		Exp           int64
	}
	body, _ := base64.RawURLEncoding.DecodeString(parts[1])
	if json.Unmarshal(body, &claims) != nil || claims.Aud == "" {
		return "invalid_grant", "audience is invalid"
	}
	left := time.Until(time.Unix(claims.Exp, 0))
	switch {
	case claims.Iss != s.opts.ClientID:
		return "invalid_client_id", "client identifier invalid"
	case claims.Sub != s.opts.Username:
		return "invalid_grant", "user hasn't approved this consumer"
	case left < 0 || left > 5*time.Minute:
		return "invalid_grant", "expired authorization code"
	}
	return "", ""
}

func denied(w http.ResponseWriter, code, description string) {
	reply(w, http.StatusBadRequest, map[string]string{"error": code, "error_description": description})
}

func (s *Server) authorized(r *http.Request) bool {
	kind, session, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return (kind == "Bearer" || kind == "OAuth") && s.sessions[session]
}

// ExpireSessions ends every session; new ones can be had.
func (s *Server) ExpireSessions() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.sessions)
}

func (s *Server) userinfo(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.authorized(r) {
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte("Bad_OAuth_Token"))
		return
	}
	reply(w, http.StatusOK, map[string]string{"user_id": newID("005", 1), "organization_id": s.Org,
		"preferred_username": s.opts.Username, "name": "Integration User"})
}
