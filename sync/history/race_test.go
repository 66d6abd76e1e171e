//go:build race

package history

// slower is what the race detector costs, in memory and in time, where a test measures either.
const slower = 2
