// Package auth says who asks. What whoever asks shows becomes a Principal, whose name is kept with everything that is done.
//
// It must not know what is asked for, nor how it came.
package auth
