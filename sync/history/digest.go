package history

import (
	"crypto/sha256"
	"encoding/hex"
)

// digest is a short name of a long one, the same for ever.
func digest(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:8])
}
