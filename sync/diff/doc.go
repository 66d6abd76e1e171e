// Package diff is one walk over two key-ordered sequences, the rows of a window and what the ledger knows, that says of
// every key what happened to it. Memory is constant: neither side is ever held whole.
//
// It must not know where rows come from, what a payload is or what a sync wants done: it compares keys, row hashes and
// states, and leaves every decision to its caller.
package diff
