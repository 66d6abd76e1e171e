// Package policy judges what may leave: which columns of a model may be sent to which destination, by what people have
// said of them. Guarantee G38.
//
// It judges definitions, once for a sync, and so costs nothing per row. It must not know values, how rows are read, or
// how anything is sent.
package policy
