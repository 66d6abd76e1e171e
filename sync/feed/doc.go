// Package feed takes the events of one stream in: it decodes them, sets aside what cannot become a row, keeps the newest
// row of every key with its position in one transaction, and keeps the engine's table and the history in step.
//
// It must not know which syncs read the table, nor any broker: events come through connect.Stream.
package feed
