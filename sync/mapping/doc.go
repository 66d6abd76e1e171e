// Package mapping turns rows of a model into payloads: it checks a sync's definition against the model's columns and the
// destination's fields once, and then makes the fields of every row, or says why the row is set aside.
//
// A value reaches the destination exactly or not at all: nothing is rounded, cut or guessed. The package must not know
// where rows come from, what was sent before, or how a destination is spoken to.
package mapping
