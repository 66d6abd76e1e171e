// Package files reads CSV, JSON and Parquet files as the tables of a source.
//
// It decides what a line of a file is and which lines cannot be read; the engine only stores and casts what it is
// given. It must not know DuckDB's driver, models or destinations: it speaks to the engine through connect.SQL.
package files
