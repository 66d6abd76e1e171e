package hubspot

import (
	"time"

	"github.com/freshet/freshet/sync/connect"
)

const (
	defaultVersion = "2026-09"
	defaultBase    = "https://api.hubapi.com"
	defaultRate    = 100
	rateWindow     = 10 * time.Second
	batchRows      = 100
	atOnce         = 4
)

// Driver is the HubSpot connector. It writes; it is not a source.
func Driver() connect.Driver {
	return connect.Driver{Spec: spec(), Destination: open}
}

func spec() connect.Spec {
	return connect.Spec{
		Type:     "hubspot",
		Title:    "HubSpot",
		Summary:  "Writes contacts, companies and custom objects to HubSpot's CRM in batches of 100, each row answered for itself.",
		Vendor:   "https://developers.hubspot.com/docs/api-reference/overview",
		Settings: settings(),
		Objects: []connect.Object{object("contacts", "Contacts", contactDelete),
			object("companies", "Companies", sameAsArchive), object("*", "Any other object", sameAsArchive)},
		Open:  true,
		Notes: notes(),
	}
}

const (
	contactDelete = "Deletes the contact for good under the GDPR, with everything attached to it, and blocks its e-mail " +
		"address from ever being used again. It cannot be undone."
	sameAsArchive = "The same as archive: HubSpot has no other removal for this object."
)

func object(name, title, deleting string) connect.Object {
	return connect.Object{
		Name:  name,
		Title: title,
		Verbs: []connect.Ability{
			{Verb: connect.Upsert, Guarantee: connect.A, Meaning: "Creates the record or changes it, found by its unique property. A record whose match value changed is moved, not doubled."},
			{Verb: connect.Update, Guarantee: connect.A, Meaning: "Changes the record where it is there; a record that is not there is reported missing."},
			{Verb: connect.Insert, Guarantee: connect.A, Meaning: "Creates the record; HubSpot refuses a second one with the same unique property, which is reported as existing."},
			{Verb: connect.Clear, Guarantee: connect.A, Meaning: "Empties the properties that were written, except the match property, and keeps the record."},
			{Verb: connect.Archive, Guarantee: connect.A, Meaning: "Moves the record to HubSpot's recycling bin, from which people can restore it for 90 days."},
			{Verb: connect.Delete, Guarantee: connect.A, Meaning: deleting, Final: name == "contacts"},
		},
		Match: connect.MatchRule{Need: true, Single: true, Fold: true,
			Meaning: "One property that HubSpot keeps unique: email for contacts, or a custom property with unique values. " +
				"Compared without regard to case."},
		Limits: limits(defaultRate),
	}
}

func limits(rate int) connect.Limits {
	return connect.Limits{Rows: batchRows, Concurrency: atOnce, Calls: rate, Per: rateWindow}
}

func settings() []connect.Setting {
	return []connect.Setting{
		{Name: "token", Title: "Access token", Kind: connect.SecretSetting, Example: "${HUBSPOT_TOKEN}",
			Help: "The access token of a private app or a service key. Give either this or the three OAuth settings."},
		{Name: "client_id", Title: "OAuth client id", Example: "2f6b1e0c-…",
			Help: "The id of an OAuth app. Needed with client_secret and refresh_token where there is no token."},
		{Name: "client_secret", Title: "OAuth client secret", Kind: connect.SecretSetting, Example: "${HUBSPOT_CLIENT_SECRET}",
			Help: "The secret of the OAuth app. Needed with client_id."},
		{Name: "refresh_token", Title: "OAuth refresh token", Kind: connect.SecretSetting, Example: "${HUBSPOT_REFRESH_TOKEN}",
			Help: "The refresh token that the app was given for the account. Access tokens are renewed with it as they end."},
		{Name: "rate", Title: "Calls per 10 seconds", Kind: connect.IntegerSetting, Default: "100", Example: "190",
			Help: "How many calls all syncs of the account make in 10 seconds. HubSpot allows a private app 100 on Free and Starter, 190 on Professional and Enterprise, 250 with the limit increase, and an OAuth app 110."},
		{Name: "api_version", Title: "API version", Default: defaultVersion, Example: "2026-03", Advanced: true,
			Help: "HubSpot's dated API version, or v3 for the paths before March 2026, which HubSpot ends in September 2027."},
		{Name: "account", Title: "Account id", Example: "1234567", Advanced: true,
			Help: "The id of the HubSpot account (Hub ID) that the credentials must belong to. With it nothing is sent to another account; without it any account is taken."},
		{Name: "base_url", Title: "Base URL", Kind: connect.URLSetting, Default: defaultBase, Example: "http://127.0.0.1:8080", Advanced: true,
			Help: "Where HubSpot's API is called. Change it only for a proxy or a test server."},
	}
}

func notes() []string {
	return []string{
		"Every write is found by a unique property, so repeating a call whose answer was lost changes nothing (class A). " +
			"For inserts the repeat is answered as existing.",
		"HubSpot lowers the case of e-mail addresses, and a contact can own further addresses (hs_additional_emails): an " +
			"upsert by such an address changes that contact. Which of its addresses is then the main one is HubSpot's choice.",
		"When a record's match value changes, the record is updated under its HubSpot id, or under its old value where the id " +
			"is not known. Where another record already has the new value, HubSpot refuses it (CONFLICT): merge the two in HubSpot.",
		"All values travel as text: dates as 2026-09-08, moments in UTC as ISO 8601 (a timestamp without a zone is taken as " +
			"UTC), truths as true and false, lists joined by semicolons, and an empty text where the value is null.",
		"Property names hold no dots: nested targets are refused.",
		"delete on contacts is HubSpot's GDPR deletion: one call for each contact, final, and the address is blocked. Use archive " +
			"for a removal that can be undone. On all other objects delete is archive.",
		"Archive and delete need HubSpot's record id. Where Freshet does not know it, it is looked up first by the match property, " +
			"which is one more call.",
		"Permissions: crm.objects.<object>.write to write, crm.objects.<object>.read to look records up, crm.schemas.<object>.read " +
			"to discover properties.",
		"HubSpot's dated API versions are supported for at least 18 months each; versions v1 to v3 end in September 2027.",
	}
}
