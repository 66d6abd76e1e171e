package hubspot

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/httpcall"
)

// failure is HubSpot's form of an error, of a whole call or of a row in a batch's reply.
type failure struct {
	Status        json.RawMessage `json:"status"`
	Message       string          `json:"message"`
	CorrelationID string          `json:"correlationId"`
	Category      string          `json:"category"`
	SubCategory   json.RawMessage `json:"subCategory"`
	ErrorType     string          `json:"errorType"`
	PolicyName    string          `json:"policyName"`
	Errors        []failureDetail `json:"errors"`
	Context       words           `json:"context"`
}

type failureDetail struct {
	Message string `json:"message"`
	Code    string `json:"code"`
	Context words  `json:"context"`
}

// words are an error's details by name. A detail of another shape is left out: it must not cost the whole reply.
type words map[string][]string

func (w *words) UnmarshalJSON(text []byte) error {
	var raw map[string]json.RawMessage
	if json.Unmarshal(text, &raw) != nil {
		return nil
	}
	*w = make(words, len(raw))
	for name, value := range raw {
		var list []string
		if json.Unmarshal(value, &list) == nil {
			(*w)[name] = list
		}
	}
	return nil
}

// HubSpot's own statuses.
const (
	statusLocked    = 423
	statusMigration = 477
	lockedWait      = 2 * time.Second
)

// classify says what is known of a call that did not succeed; nil where it did.
func classify(reply *httpcall.Reply, now time.Time) *connect.CallError {
	e := httpcall.Standard(reply)
	if e == nil {
		return nil
	}
	var f failure
	_ = json.Unmarshal(reply.Body, &f) // whatever it is, the status has spoken; the rest is detail
	e.RequestID = orDefault(orDefault(f.CorrelationID, reply.Header.Get("X-HubSpot-Correlation-Id")), e.RequestID)
	e.Code = orDefault(f.code(), e.Code)
	switch reply.Status {
	case http.StatusUnauthorized:
		e.Message = "HubSpot refuses the access token: check that it is right and has not been revoked or rotated"
	case http.StatusForbidden:
		e.Message = f.forbidden()
	case http.StatusTooManyRequests:
		e.Class, e.After = connect.Throttled, throttle(f.PolicyName, reply.Header, now)
		e.Code = orDefault(safe(f.PolicyName), e.Code)
		e.Message = "HubSpot's call limit is reached"
	case statusLocked:
		wait, _ := httpcall.RetryAfter(reply.Header, now)
		e.Class, e.After, e.Message = connect.Throttled, max(lockedWait, wait), "HubSpot has locked a record of the batch for a moment"
	case statusMigration:
		e.Class, e.Message = connect.Throttled, "HubSpot is moving the account to another data center"
		e.After, _ = httpcall.RetryAfter(reply.Header, now)
	case http.StatusNotFound:
		e.Message = "HubSpot knows nothing at this address: check the object, api_version and base_url"
	case http.StatusBadRequest, http.StatusConflict, http.StatusUnprocessableEntity:
		e.Message = "HubSpot refuses the batch as a whole" + f.properties()
	}
	return e
}

// throttle is how long to wait. Retry-After is believed only within the window of the policy named: HubSpot has sent
// it in milliseconds.
func throttle(policy string, h http.Header, now time.Time) time.Duration {
	wait, told := httpcall.RetryAfter(h, now)
	window := time.Duration(0)
	switch {
	case strings.HasPrefix(policy, "TEN_SECONDLY"):
		window = rateWindow
	case strings.HasPrefix(policy, "SECONDLY"):
		window = time.Second
	case policy == "DAILY":
		window = untilMidnight(now)
	}
	if window == 0 || told && wait < window {
		return wait
	}
	return window
}

// untilMidnight is in UTC: the account's own time zone is not in the reply.
func untilMidnight(now time.Time) time.Duration {
	return now.UTC().Truncate(24 * time.Hour).Add(24 * time.Hour).Sub(now)
}

func (f failure) forbidden() string {
	var scopes []string
	for _, e := range append(f.Errors, failureDetail{Context: f.Context}) {
		for _, name := range []string{"requiredGranularScopes", "requiredScopes"} {
			for _, scope := range e.Context[name] {
				if scope = safe(scope); scope != "" && !slices.Contains(scopes, scope) {
					scopes = append(scopes, scope)
				}
			}
		}
	}
	if len(scopes) == 0 {
		return "the credentials do not allow this in HubSpot: grant the app the scopes of the object"
	}
	return "the credentials lack a scope: grant the app " + strings.Join(scopes, ", ") + " in HubSpot"
}

// safeForm: codes, scopes and property names. Anything else in their place could be a row's value.
var safeForm = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,100}$`)

func safe(word string) string {
	if safeForm.MatchString(word) {
		return word
	}
	return ""
}

// code is the most exact of the codes in the error.
func (f failure) code() string {
	for _, d := range f.details() {
		if code := safe(d.Code); code != "" && code != f.Category {
			return code
		}
	}
	return orDefault(safe(f.Category), safe(f.ErrorType))
}

// properties names the properties at fault, " (…)", or nothing.
func (f failure) properties() string {
	var names []string
	for _, d := range f.details() {
		for _, name := range d.Context["propertyName"] {
			if name = safe(name); name != "" && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	if len(names) == 0 {
		return ""
	}
	return " (" + strings.Join(names, ", ") + ")"
}

// details are the error's parts. For invalid values HubSpot keeps them as a JSON list at the end of the message.
func (f failure) details() []failureDetail {
	if len(f.Errors) > 0 {
		return f.Errors
	}
	_, list, found := strings.Cut(f.Message, ": [")
	if !found {
		return nil
	}
	var embedded []struct{ Error, Name, Message string }
	if json.Unmarshal([]byte("["+list), &embedded) != nil {
		return nil
	}
	details := make([]failureDetail, 0, len(embedded))
	for _, e := range embedded {
		details = append(details, failureDetail{Message: e.Message, Code: e.Error,
			Context: words{"propertyName": {e.Name}}})
	}
	return details
}
