//go:build race

package proof

// usual is how many checks are made where nobody says; the race detector makes each several times slower.
const usual = 15_000
