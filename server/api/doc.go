// Package api is the HTTP API: what can be asked over /api, described by an OpenAPI document that is made from the types of
// server/wire. One file for each group of operations, each a thin layer over server/control.
//
// It must not know how anything is done, nor on which address it is served.
package api
