// Package window takes events apart: it finds out what the value of an event says, as plain rows, CloudEvents, or
// Debezium's envelopes of PostgreSQL, MySQL and MongoDB, whole or flattened, and makes changes of keyed rows of it.
//
// It must not know where events come from or where rows go. An event is read, ignored for a reason that has a name, or
// set aside with a Problem; nothing is dropped in between. Only the lookup of schemas can fail, and then the event waits.
package window
