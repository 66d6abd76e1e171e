// Package webhookfake is a webhook receiver on loopback that keeps what it is sent: for tests, benchmarks and the
// demonstration. It verifies signatures strictly, honours idempotency keys, and goes wrong on demand.
//
// It must not know the connector: it speaks the protocol as a receiver's author would read it in the documents.
package webhookfake
