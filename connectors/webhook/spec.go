package webhook

import (
	"time"

	"github.com/freshet/freshet/sync/connect"
)

const (
	defaultRows        = 500
	defaultBytes       = 4 << 20
	defaultConcurrency = 4
	defaultTimeout     = 30 * time.Second
	// overhead is what a record costs besides its key, match and fields: member names and a version.
	overhead = 112
)

// Driver is the connector.
func Driver() connect.Driver { return connect.Driver{Spec: spec(), Destination: open} }

func spec() connect.Spec {
	return connect.Spec{
		Type:     "webhook",
		Title:    "Webhook",
		Summary:  "Posts records as signed JSON to an address of yours.",
		Vendor:   "https://www.standardwebhooks.com",
		Settings: settings(),
		Open:     true,
		Objects: []connect.Object{{
			Name:   "*",
			Title:  "Anything the receiver knows",
			Verbs:  abilities(),
			Match:  connect.MatchRule{Meaning: "The model's key identifies a record. Match fields are optional and are sent along."},
			Limits: connect.Limits{Rows: defaultRows, Bytes: defaultBytes, Overhead: overhead, Concurrency: defaultConcurrency},
		}},
		Notes: notes(),
	}
}

func settings() []connect.Setting {
	return []connect.Setting{
		{Name: "url", Title: "Address", Kind: connect.URLSetting, Required: true, Example: "https://example.com/freshet",
			Help: "Where records are posted to. Redirects are not followed."},
		{Name: "secret", Title: "Signing secret", Kind: connect.SecretSetting, Example: "${HOOK_SECRET}",
			Help: "Signs every call, so that the receiver knows who sent it: whsec_ and base64, or any text. Without it calls are not signed."},
		{Name: "headers", Title: "Headers", Kind: connect.MapSetting, Example: `{Authorization: "Bearer ${HOOK_TOKEN}"}`,
			Help: "More headers for every call. Their values are kept as secrets are."},
		{Name: "timeout", Title: "Timeout", Kind: connect.DurationSetting, Default: "30s", Advanced: true,
			Help: "How long a call may take; after it, what became of its records is unknown and it is repeated."},
		{Name: "batch_size", Title: "Records a call", Kind: connect.IntegerSetting, Default: "500", Advanced: true,
			Help: "How many records one call carries at most."},
		{Name: "batch_bytes", Title: "Bytes a call", Kind: connect.IntegerSetting, Default: "4194304", Advanced: true,
			Help: "How many bytes the body of one call has at most."},
		{Name: "concurrency", Title: "Calls at once", Kind: connect.IntegerSetting, Default: "4", Advanced: true,
			Help: "How many calls are made at the same time at most."},
		{Name: "rate", Title: "Calls a second", Kind: connect.IntegerSetting, Advanced: true,
			Help: "How many calls are begun in a second at most. Without it there is no limit."},
		{Name: "ca_file", Title: "Certificate authority", Kind: connect.PathSetting, Advanced: true,
			Help: "PEM file of an authority to trust besides the system's, for a receiver with a private certificate."},
	}
}

func abilities() []connect.Ability {
	ability := func(v connect.Verb, meaning string) connect.Ability {
		return connect.Ability{Verb: v, Guarantee: connect.B, Meaning: meaning}
	}
	return []connect.Ability{
		ability(connect.Upsert, `op "upsert": the receiver makes the record or changes the fields that are sent.`),
		ability(connect.Update, `op "update": the receiver changes the record only where it has it.`),
		ability(connect.Insert, `op "insert": the receiver makes the record only where it does not have it.`),
		ability(connect.Clear, `op "leave" with leave "clear": the record left the model; the fields sent are null.`),
		ability(connect.Archive, `op "leave" with leave "archive": the record left the model and is to be put away.`),
		ability(connect.Delete, `op "leave" with leave "delete": the record left the model and is to be removed.`),
	}
}

func notes() []string {
	return []string{
		`A call is a POST of {"sync":"…","batch":"…","records":[…]}, with "object" where the sync names one. A record is ` +
			`{"op":"upsert","key":"42","version":"…","fields":{…}}; op is upsert, update, insert or leave, and a leave ` +
			`carries "leave":"clear", "archive" or "delete". The key is always a text; a key of several columns is the ` +
			`JSON array of their texts, as a text. A field that is null is to be cleared, a field that is absent is to be ` +
			`left alone. "match" and, where the match values changed, "prior_match" are there for syncs with match fields.`,
		`Headers: webhook-id and Idempotency-Key (the batch, constant over retries), webhook-timestamp (seconds), and ` +
			`with a secret webhook-signature: "v1," and the base64 of HMAC-SHA256 over id.timestamp.body.`,
		`A 2xx without a body, with a JSON object that has no results, or with the plain word ok, accepted, received or ` +
			`success takes all records. A body {"results":[{"key":"42","status":"ok","message":"…"}]} answers ` +
			`row by row, in any order: status ok, error (refused as it is), retry (not done, send it again), missing (update ` +
			`or leave of a record that is not there) or exists (insert of one that is); "code" and "id" may be added. A row ` +
			`that is left out is unknown and sent again.`,
		`Anything else in a 2xx (HTML, broken JSON, an object with an error in it) is not taken as success: the call is ` +
			`repeated with the same id. 4xx refuses the whole call, and it is halved to find the record at fault; 409 to a ` +
			`repeated call means that the first is still at work. 413 halves it, 429 and 425 wait for Retry-After, 401 and ` +
			`403 stop the sync, 404 and 410 too, 5xx is repeated. Redirects are not followed.`,
		`Guarantee B: a repeated call carries the same Idempotency-Key and the same records. A receiver that keeps ` +
			`records by key, or that ignores an id it has seen, ends in the same state however often a call comes.`,
	}
}
