// Package model is the vocabulary of Freshet: keys, values, records, changes and the definitions people write.
//
// It knows no database, no network, no vendor and no clock. Everything here is a plain value; zero values are safe:
// an unset State is Unknown (never success), an unset Scope is Touched (never deletes).
package model
