// Package sourcetest is the definition of "source" as a test suite: every source must pass Run through the real engine.
//
// It must not know any particular source: what differs comes in as a Suite.
package sourcetest
