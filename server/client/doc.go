// Package client asks a server what the API offers, in the types of server/wire. What is wrong comes back as the fault it is.
//
// It must not know how anything is done: no storage and no engine is linked because of it.
package client
