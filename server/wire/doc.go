// Package wire is what travels between the server and those who ask it: the command line, the pages, the desktop app and
// programs of others. Its types are the API's one source; the OpenAPI document is made from them.
//
// It must not know how anything is done: no storage, no engine, no HTTP.
package wire
