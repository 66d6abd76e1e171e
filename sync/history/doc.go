// Package history keeps what was delivered, for ever and unchanged: one Parquet file for every run, each row a payload
// as it was sent with the receipt the destination gave.
//
// It must not know the ledger, plans or vendors, and nothing is decided by what it holds: it is what people read when
// they ask what happened to a record.
package history
