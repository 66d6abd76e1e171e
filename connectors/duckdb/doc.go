// Package duckdbsource reads a DuckDB database file, attached read-only to the engine.
//
// It speaks to DuckDB only through connect.SQL, and must not know models, mappings or destinations.
package duckdbsource
