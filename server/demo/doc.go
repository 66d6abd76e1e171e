// Package demo makes a shop to try Freshet on, and changes it as days pass.
//
// Everything it makes up comes from a seed, so two runs see the same shop. It must not know how a sync works: what it
// writes is an ordinary warehouse.
package demo
