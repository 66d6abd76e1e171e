// Package connecttest is the definition of "connector" as a test suite: every connector's TestConformance calls Run
// with its driver and a fake of the vendor that speaks the real protocol.
//
// It must not know any vendor: what is particular to one comes in through the Harness.
package connecttest
