package salesforce

import (
	"time"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/httpcall"
)

const (
	dayWait   = 15 * time.Minute // the daily calls are used up: they come back little by little
	busyWait  = 30 * time.Second // too many calls at once
	pauseWait = 30 * time.Second // the servers are not there
)

// verdict is what an error code of a whole call means. The vendor's own words are not passed on: they quote rows.
type verdict struct {
	class   connect.Class
	message string
}

var codes = map[string]verdict{
	"INVALID_SESSION_ID":     {connect.Unauthorized, "the session has ended or is not valid: give fresh credentials"},
	"INVALID_AUTH_HEADER":    {connect.Unauthorized, "the access token is malformed"},
	"API_DISABLED_FOR_ORG":   {connect.Forbidden, "the org's edition has no API"},
	"API_CURRENTLY_DISABLED": {connect.Forbidden, "the org's API is switched off"},
	"FEATURENOTENABLED":      {connect.Forbidden, "bulk jobs are not enabled for this user or org: set bulk_above higher than any run"},
	"INSUFFICIENT_ACCESS":    {connect.Forbidden, "the user may not do this: its profile or permission sets do not allow it"},
	"NOT_FOUND":              {connect.Gone, "Salesforce has no such object or match field, or the user may not see it"},
	"INVALID_TYPE":           {connect.Gone, "Salesforce has no such object, or the user may not see it"},
	"INVALIDENTITY":          {connect.Gone, "Salesforce has no such object for bulk jobs, or the user may not see it"},
	"INVALID_FIELD":          {connect.Refused, "a field is not one of the object, or the user may not see it"},
	"JSON_PARSER_ERROR":      {connect.Refused, "a value is not of its field's type"},
	"INVALIDJOB":             {connect.Refused, "the bulk job is refused: its object, operation or match field does not fit"},
	"EXCEEDED_ID_LIMIT":      {connect.TooLarge, "the call has too many records"},
	"REQUEST_BODY_TOO_LARGE": {connect.TooLarge, "the call is too large"},
	"URI_TOO_LONG":           {connect.TooLarge, "the call's address is too long"},
}

// classify says what a reply other than 2xx means; nil for 2xx. Salesforce says "slow down" with 403.
func classify(reply *httpcall.Reply, b *budget) error {
	out := httpcall.Standard(reply)
	if out == nil {
		return nil
	}
	var errors []struct {
		Code string `json:"errorCode"`
	}
	if httpcall.JSON(reply, &errors) != nil || len(errors) == 0 {
		if reply.Status == 414 || reply.Status == 431 {
			out.Class = connect.TooLarge
		}
		return out
	}
	out.Code, out.RequestID = errors[0].Code, requestID(reply)
	if v, known := codes[out.Code]; known {
		out.Class, out.Message = v.class, v.message
	}
	switch out.Code {
	case "REQUEST_LIMIT_EXCEEDED":
		throttled(out, b)
	case "SERVER_UNAVAILABLE":
		out.Class, out.Message = connect.Lost, "Salesforce's servers do not take calls at the moment"
		if out.After == 0 {
			out.After = pauseWait
		}
	}
	return out
}

func throttled(out *connect.CallError, b *budget) {
	out.Class, out.After, out.Message = connect.Throttled, busyWait, "too many calls at once to this org"
	if b.spent() {
		out.After, out.Message = dayWait, "the org's daily API calls are used up: "+b.String()
	}
}

// requestID finds what the vendor's support asks for.
func requestID(reply *httpcall.Reply) string {
	if id := reply.Header.Get("X-Sfdc-Request-Id"); id != "" {
		return id
	}
	return httpcall.RequestID(reply.Header)
}
