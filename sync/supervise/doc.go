// Package supervise keeps a workspace's work going: feeds that are taken in, and the live syncs that follow them.
//
// It must not know how events become rows, nor how a plan is carried out; it decides what is looked at next, and when.
package supervise
