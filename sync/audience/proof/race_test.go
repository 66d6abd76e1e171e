//go:build race

package proof

// usual is how many checks are made where nobody says.
const usual = 100_000
