// Package plan is what a run will do, as a value: an immutable file of steps with a hash, the summary people read before
// they say yes, and the guards that say no.
//
// A plan is written once, streamed, through io.Writer and read by ranges through io.ReaderAt. The package must not know
// files, stores, connectors or the clock: equal steps and an equal summary give equal bytes, and so an equal hash.
package plan
