// Package ledger is the truth of a workspace in one SQLite file: what every record was when a destination last took
// it, every call with its intent and its outcome, the runs, what stands in quarantine, and which accounts must wait.
//
// One process at a time writes; any number may read beside it. What a write function has returned without an error is
// on the disk (write-ahead log, synchronous FULL).
//
// It must not know models, mappings, plans or vendors: it keeps what it is told and answers in key order.
package ledger
