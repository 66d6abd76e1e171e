package salesforce

import "github.com/freshet/freshet/sync/connect"

const (
	collectionRows  = 200 // the vendor's bound of a collections call
	collectionBytes = 24 << 20
	jobRows         = 100_000
	jobBytes        = 64 << 20 // well under the vendor's 150 MB, which it counts after base64
	concurrency     = 4        // more only makes rows lock each other out
	rowOverhead     = 160      // attributes, id, braces and escapes of a row
)

func spec() connect.Spec {
	return connect.Spec{
		Type:     "salesforce",
		Title:    "Salesforce",
		Summary:  "Keeps contacts, leads, accounts and any other Salesforce object in step with a model, matched by an external id.",
		Vendor:   "https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/",
		Settings: settings(),
		Objects:  []connect.Object{object("Contact", "Contacts"), object("Lead", "Leads"), object("Account", "Accounts"), object("*", "Any object")},
		Open:     true,
		Notes: []string{
			"The match field must be an external id or another field Salesforce can look records up by. A unique external id is best: Salesforce itself then refuses a second record.",
			"Salesforce compares external ids without regard to case, unless the field was made case-sensitive.",
			"Archiving and deleting are the same here: the record goes to the recycle bin, from which it can be restored for 15 days.",
			"Salesforce keeps no empty texts: an empty value clears the field, as a null does.",
			"A dot reaches a related record by its external id: Account.External_Id__c makes the contact belong to that account. A null takes it away from its account.",
			"From bulk_above rows on, writes go through Bulk API 2.0. A job's id is kept, so that a restart takes it up again.",
			"A timestamp without a zone is taken as UTC, and fractions finer than a millisecond are cut.",
			"Several runs share the org's daily API calls. Freshet reads what is left from every reply and stops before api_reserve percent are left.",
		},
	}
}

func object(name, title string) connect.Object {
	return connect.Object{Name: name, Title: title,
		Verbs: []connect.Ability{
			{Verb: connect.Upsert, Guarantee: connect.A, Meaning: "Makes the record, or changes the one with the same external id."},
			{Verb: connect.Update, Guarantee: connect.A, Meaning: "Changes the record with this external id; nothing is made."},
			{Verb: connect.Insert, Guarantee: connect.C, Meaning: "Makes the record where none has this external id; looked up first, unless the external id is unique and Salesforce itself refuses a second one."},
			{Verb: connect.Clear, Guarantee: connect.A, Meaning: "Empties the fields that were written and keeps the record."},
			{Verb: connect.Archive, Guarantee: connect.A, Meaning: "Moves the record to the recycle bin, as delete does."},
			{Verb: connect.Delete, Guarantee: connect.A, Meaning: "Moves the record to the recycle bin."},
		},
		Match: connect.MatchRule{Need: true, Single: true, Fold: true,
			Meaning: "An external id field, or another field that Salesforce looks records up by, such as a contact's Email."},
		Limits: collectionLimits(),
	}
}

func collectionLimits() connect.Limits {
	return connect.Limits{Rows: collectionRows, Bytes: collectionBytes, Overhead: rowOverhead, Concurrency: concurrency}
}

// Limits sends large amounts of work through bulk jobs.
func (d *destination) Limits(_ string, _ connect.Verb, rows int) connect.Limits {
	limits := collectionLimits()
	if rows >= d.bulkAbove {
		limits.Rows, limits.Bytes, limits.Job = jobRows, jobBytes, true
	}
	return limits
}

func settings() []connect.Setting {
	return []connect.Setting{
		{Name: "instance_url", Title: "Instance address", Kind: connect.URLSetting, Example: "https://example.my.salesforce.com",
			Help: "The org's own address (My Domain). Needed with access_token and with client credentials; otherwise Salesforce tells it at login."},
		{Name: "client_id", Title: "Client id", Example: "3MVG9…", Help: "The consumer key of the connected app. Needed for every login but a ready access token."},
		{Name: "client_secret", Title: "Client secret", Kind: connect.SecretSetting,
			Help: "The consumer secret: alone with the client id it logs in by client credentials; with a refresh token it goes along."},
		{Name: "private_key", Title: "Private key", Kind: connect.SecretSetting,
			Help: "RSA key in PEM form whose certificate the connected app holds: logs in as username by JWT bearer."},
		{Name: "username", Title: "User name", Example: "integration@example.com", Help: "Whom private_key logs in as."},
		{Name: "refresh_token", Title: "Refresh token", Kind: connect.SecretSetting,
			Help: "From an earlier login in a browser: access tokens are had with it."},
		{Name: "access_token", Title: "Access token", Kind: connect.SecretSetting,
			Help: "A ready session. It ends by itself after hours, and cannot be renewed: good for trying things out."},
		{Name: "login_url", Title: "Login address", Kind: connect.URLSetting, Advanced: true, Example: "https://test.salesforce.com",
			Help: "Where tokens are had. Without it https://login.salesforce.com, and with client credentials the instance address. Sandboxes use https://test.salesforce.com."},
		{Name: "api_version", Title: "API version", Default: "67.0", Advanced: true, Help: "The version of the API that is spoken."},
		{Name: "bulk_above", Title: "Bulk from", Kind: connect.IntegerSetting, Default: "2000", Advanced: true,
			Help: "From this many rows on, writes go through Bulk API 2.0; below, through calls of 200 rows."},
		{Name: "api_reserve", Title: "API calls left to others", Kind: connect.IntegerSetting, Default: "5", Advanced: true,
			Help: "Percent of the org's daily API calls that are never used; when no more are left, work waits."},
		{Name: "timeout", Title: "Time limit", Kind: connect.DurationSetting, Default: "2m", Advanced: true,
			Help: "How long a call may take before its outcome counts as unknown."},
		{Name: "ca_file", Title: "Certificate authority", Kind: connect.PathSetting, Advanced: true,
			Help: "PEM file of an authority to trust besides the system's, for a proxy that opens TLS."},
	}
}
