// Package history keeps what came in and what went out, unchanged, as Parquet files that anybody can read: one file for
// every run, each row a payload as it was sent with the receipt the destination gave; and the raw events of every feed,
// bytes as they came, until they are too old or too many.
//
// It must not know the ledger, plans, vendors, brokers or what the bytes of an event mean. What was delivered decides
// nothing: it is what people read when they ask what happened to a record. Raw events are what a feed is rebuilt from.
package history
