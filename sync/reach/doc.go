// Package reach finds out which records of a model a changed row of a table can reach, and how the model's SQL can be
// evaluated for some keys alone.
//
// It reads DuckDB's own parse of the SQL (json_serialize_sql) as a value. A table is reached by a key column where the
// SQL makes the two equal, through joins, sub-selects and correlated conditions: then every row of the model with the
// key k depends only on rows of the table that have k there. What it cannot follow it refuses with the reason; it never
// guesses. It must not know what a feed is, nor run anything.
package reach
