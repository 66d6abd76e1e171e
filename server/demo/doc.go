// Package demo makes a shop to try Freshet on, changes it as days pass, and tells the whole story of Freshet with it:
// first syncs, a plan, a run that is killed and taken up again, and a proof that every record arrived once.
//
// Everything it makes up comes from a seed, so two runs see the same shop. It must not know how a sync works: what it
// writes is an ordinary workspace, it asks server/control as anybody would, and its proof reads the receivers and the
// warehouse, never the ledger.
package demo
