// Package server is the HTTP server around the API: where it listens, whom it lets come near, how it ends, and the file by which
// the command line finds it.
//
// It must not know what is asked.
package server
