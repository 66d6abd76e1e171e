// Package freshness is the arithmetic of promises: how long changes took from the commit in their source to the confirmation by
// their destination, what share of them kept the promise, how fast the error budget burns, and what words say all that.
//
// It must not know where measurements come from or who is told. It has no clock: the present comes in as a value, and has to go
// forward steadily, whatever somebody does to the clock on the wall.
package freshness
