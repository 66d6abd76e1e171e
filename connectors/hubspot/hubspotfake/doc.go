// Package hubspotfake is a HubSpot account on loopback: it speaks the CRM's HTTP protocol (dated and v3 paths, batches
// with trace ids, 207 replies, properties, rate limits, OAuth) over records kept in memory, and can be told to fail.
//
// It knows HubSpot and must not know Freshet: what it answers is decided by the vendor's documents alone.
package hubspotfake
