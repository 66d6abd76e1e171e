// Package reach finds out which records of a model a changed row of a table can reach, and how the model's SQL can be
// evaluated for some keys alone.
//
// It reads DuckDB's own parse of the SQL (json_serialize_sql) as a value, in three steps. It notes what every SELECT reads
// and which columns it makes equal (finder.go, from.go, output.go). It works out what follows from asking for some keys
// alone: of which tables only rows matter that have the key, or a value that a row of another table has (edges.go). And it
// finds, for every use of a table, the ways that lead from it back to the key (ways.go; the proof that they suffice is in
// ADR 0013). What it cannot follow it refuses with the reason; it never guesses. It must not know what a feed is, nor run
// anything.
package reach
