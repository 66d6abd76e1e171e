// Package webhook delivers records to any HTTP endpoint as signed JSON, after the Standard Webhooks convention.
//
// It must not know who receives: a receiver is an address, a secret and the small protocol on the connector's page.
package webhook
