// Package engine evaluates models with DuckDB, in this process: it attaches sources, describes what a model's SQL
// gives, walks its rows in key order as (key, stable hash), fetches the rows somebody wants, and turns every DuckDB
// type into an exact value.
//
// It keeps nothing: whatever it writes is scratch and goes away with Close. It must not know destinations, mappings'
// rules, the ledger or what anybody does with a row.
package engine
