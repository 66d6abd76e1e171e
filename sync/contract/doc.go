// Package contract reads and writes data contracts of the Open Data Contract Standard (ODCS) and says what they mean
// for rows: which values a column may hold, what has to be true of a set of rows, who owns it, and whether a new schema
// still suits those who read the old one.
//
// The Go types are the grammar: a key that no type has is an error with its line and the nearest name. The package must
// not know where contracts or rows come from, who reads them, or what happens to a row that breaks a rule.
package contract
