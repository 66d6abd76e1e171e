// Package streamtest is the definition of "streaming source" as a test suite: every source of streams must pass Run.
//
// It must not know any particular source: what differs comes in as a Suite.
package streamtest
