package webhook

import (
	"bytes"
	"encoding/json"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/httpcall"
	"github.com/freshet/freshet/sync/model"
)

// refusal is what a status other than 2xx says; a nil error for 2xx.
func refusal(reply *httpcall.Reply, attempt int) error {
	refused := httpcall.Standard(reply)
	if refused == nil {
		return nil
	}
	if refused.Status == http.StatusConflict && attempt > 1 {
		// Receivers that honour the key answer so while the first call with it is still at work.
		refused.Class = connect.Lost
		refused.After, _ = httpcall.RetryAfter(reply.Header, time.Now())
	}
	return refused
}

// answer is a receiver's JSON. Raw values tell an absent member from an empty one.
type answer struct {
	Results results         `json:"results"`
	Error   json.RawMessage `json:"error"`
	Errors  json.RawMessage `json:"errors"`
	OK      json.RawMessage `json:"ok"`
	Success json.RawMessage `json:"success"`
}

// results are absent (and then every record is taken), or name rows; null and an empty list name none.
type results struct {
	there bool
	rows  []result
}

// UnmarshalJSON takes a list or null.
func (r *results) UnmarshalJSON(raw []byte) error {
	r.there = true
	return json.Unmarshal(raw, &r.rows)
}

type result struct {
	Key     word `json:"key"`
	Status  word `json:"status"`
	Message word `json:"message"`
	Code    word `json:"code"`
	ID      word `json:"id"`
}

// word is the text of a JSON value, whatever its type: receivers may turn "42" into a number, or a composite key into
// an array, and one careless member must not cost the whole answer. A null is "".
type word string

// UnmarshalJSON takes any value.
func (w *word) UnmarshalJSON(raw []byte) error {
	var text string
	if json.Unmarshal(raw, &text) == nil { // also null, which leaves ""
		*w = word(text)
		return nil
	}
	var compact bytes.Buffer
	err := json.Compact(&compact, raw)
	*w = word(compact.String())
	return err
}

// outcomes reads the body of a 2xx.
func outcomes(reply *httpcall.Reply, ops []connect.Operation) ([]connect.Outcome, error) {
	body := bytes.TrimSpace(reply.Body)
	if len(body) == 0 || plainYes(reply, body) {
		return allAccepted(reply, len(ops)), nil
	}
	var a answer
	if err := httpcall.JSON(reply, &a); err != nil {
		return nil, err
	}
	switch {
	case a.Results.there:
		return rowByRow(reply, a.Results.rows, ops), nil
	case body[0] != '{' || a.namesError():
		return nil, &connect.CallError{Class: connect.Lost, Status: reply.Status, Code: "webhook.unclear_reply",
			RequestID: httpcall.RequestID(reply.Header),
			Message:   "the receiver answered with success and an error at once: let it answer with results, or with a status of 400 or above"}
	}
	return allAccepted(reply, len(ops)), nil
}

// plainYes: receivers written in a minute answer with a word.
func plainYes(reply *httpcall.Reply, body []byte) bool {
	kind, _, _ := mime.ParseMediaType(reply.Header.Get("Content-Type"))
	words := []string{"ok", "accepted", "received", "success"}
	return kind == "text/plain" && slices.Contains(words, strings.ToLower(string(bytes.TrimRight(body, ".!"))))
}

// namesError: an object without results that nevertheless speaks of a failure is no success.
func (a answer) namesError() bool {
	said := func(raw json.RawMessage) bool {
		return len(raw) > 0 && !slices.Contains([]string{"null", "false", `""`, "[]", "{}", "0"}, string(raw))
	}
	return said(a.Error) || said(a.Errors) || string(a.OK) == "false" || string(a.Success) == "false"
}

func allAccepted(reply *httpcall.Reply, n int) []connect.Outcome {
	return slices.Repeat([]connect.Outcome{{Verdict: connect.Accepted, RequestID: httpcall.RequestID(reply.Header)}}, n)
}

// contradicted stands for the status of a row of which two things were said.
const contradicted = "?"

// rowByRow matches results by key, whatever their order. A row nobody names, or of which two things are said, stays
// unknown.
func rowByRow(reply *httpcall.Reply, results []result, ops []connect.Operation) []connect.Outcome {
	after, _ := httpcall.RetryAfter(reply.Header, time.Now())
	out := make([]connect.Outcome, len(ops))
	at := make(map[model.Key]int, len(ops))
	for i := range ops {
		at[ops[i].Key] = i
		out[i].RequestID = httpcall.RequestID(reply.Header)
	}
	said := make([]string, len(ops))
	for _, r := range results {
		i, ok := at[model.Key(r.Key)]
		if !ok {
			continue
		}
		if said[i] != "" && said[i] != string(r.Status) {
			said[i], out[i] = contradicted, connect.Outcome{RequestID: out[i].RequestID}
			continue
		}
		said[i] = string(r.Status)
		out[i] = r.outcome(out[i].RequestID, after)
	}
	return out
}

func (r result) outcome(request string, after time.Duration) connect.Outcome {
	o := connect.Outcome{RemoteID: string(r.ID), Code: string(r.Code), Message: string(r.Message), RequestID: request}
	switch r.Status {
	case "ok":
		o.Verdict = connect.Accepted
	case "error":
		o.Verdict = connect.Rejected
	case "retry":
		o.Verdict, o.After = connect.Retry, after
	case "missing":
		o.Verdict = connect.Missing
	case "exists":
		o.Verdict = connect.Exists
	}
	return o
}
