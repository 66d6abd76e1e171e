// Package run is the one loop: a model's rows and the ledger's memory become a plan, and a plan becomes calls whose
// intent is durable before the first byte leaves and whose outcome is durable before the next thing depends on it.
//
// It must not know any vendor, any file format of definitions, or who asked for the run.
package run
