package httpcall

import (
	"net/http"
	"strconv"
	"time"

	"github.com/freshet/freshet/sync/connect"
)

// Standard classifies a reply by what HTTP itself says; it is nil for 2xx. Connectors look at the body first and
// take this for the rest. Compare with nil before returning it as an error.
//
//	301 307 308   Gone          moved; not followed, the address in the settings must be changed
//	302 303 3xx   Lost          a login page, or an answer elsewhere after the work was done
//	401           Unauthorized
//	402 403 451   Forbidden
//	404 405 410   Gone
//	407           NotSent       a proxy of ours answered
//	408           Lost          some servers time out after they began
//	413           TooLarge
//	425 429       Throttled     refused before anything was done, with the wait if one is named
//	other 4xx     Refused
//	5xx and rest  Lost          with the wait if one is named; 503 too: a proxy says it after the work as well
func Standard(reply *Reply) *connect.CallError {
	status := reply.Status
	if status >= 200 && status < 300 {
		return nil
	}
	out := &connect.CallError{Class: classOf(status), Status: status, Code: "http." + strconv.Itoa(status),
		Message: meaning(status), RequestID: RequestID(reply.Header)}
	switch out.Class {
	case connect.Throttled:
		out.After, _ = RetryAfter(reply.Header, time.Now())
	case connect.Lost: // X-RateLimit-Reset comes with every reply of some vendors and says nothing about a failure
		out.After, _ = span(reply.Header.Get("Retry-After"), time.Now())
	}
	if status >= 300 && status < 400 {
		out.Code = "http.redirect"
	}
	return out
}

func classOf(status int) connect.Class {
	switch status {
	case 301, 307, 308, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone:
		return connect.Gone
	case http.StatusUnauthorized:
		return connect.Unauthorized
	case http.StatusPaymentRequired, http.StatusForbidden, http.StatusUnavailableForLegalReasons:
		return connect.Forbidden
	case http.StatusProxyAuthRequired:
		return connect.NotSent
	case http.StatusRequestTimeout:
		return connect.Lost
	case http.StatusRequestEntityTooLarge:
		return connect.TooLarge
	case http.StatusTooEarly, http.StatusTooManyRequests:
		return connect.Throttled
	}
	if status >= 400 && status < 500 {
		return connect.Refused
	}
	return connect.Lost
}

func meaning(status int) string {
	switch {
	case status >= 300 && status < 400:
		return "the address answers with a redirect, which is not followed: set the address it leads to"
	case status == http.StatusUnauthorized:
		return "the credentials are refused"
	case status == http.StatusForbidden:
		return "the credentials do not allow this"
	case status == http.StatusNotFound:
		return "there is nothing at this address"
	case status == http.StatusGone:
		return "the destination asks never to be called here again"
	case status == http.StatusProxyAuthRequired:
		return "the proxy wants credentials: set them in HTTPS_PROXY"
	}
	if text := http.StatusText(status); text != "" {
		return "the destination answered: " + text
	}
	return "the destination answered with an unknown status"
}

// RequestID finds what the vendor's support asks for, "" where there is none.
func RequestID(h http.Header) string {
	for _, name := range []string{"X-Request-Id", "Request-Id", "X-Correlation-Id", "Cf-Ray"} {
		if id := h.Get(name); id != "" {
			return clip(id)
		}
	}
	return ""
}

const idLength = 128

func clip(id string) string {
	if len(id) > idLength {
		return id[:idLength]
	}
	return id
}
