// Package config reads a workspace: the YAML that people write becomes models, syncs and the settings of sources and
// destinations, with every mistake placed in its file and line.
//
// One table of shapes (grammar.go) says what may stand where; the checks and the JSON Schema for editors both come
// from it. The package opens no source and no destination, and must not know any vendor: connectors come in as
// drivers, whose Specs say what they take.
package config
