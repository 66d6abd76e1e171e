// Package hubspot writes records to HubSpot's CRM: contacts, companies and every other object, in batches that are
// answered row by row through trace ids.
//
// It must not know models, plans or the ledger: it turns operations into HubSpot's calls and its replies into outcomes.
package hubspot
