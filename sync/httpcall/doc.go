// Package httpcall is the one HTTP client of all connectors: it makes one bounded call and says truthfully whether
// anything can have reached the other side. It signs what is sent as Standard Webhooks say, for all who send such.
//
// It must not know any vendor, decide whether a call is repeated after it was sent, or keep anything between calls
// except open connections and access tokens.
package httpcall
