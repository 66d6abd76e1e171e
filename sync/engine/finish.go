package engine

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// finite refuses the infinities of dates and timestamps.
func finite(text string) (string, bool) {
	return text, !strings.HasSuffix(text, "infinity")
}

func shortest64(text string) (string, bool) { return shortest(text, 64) }

// shortest32 keeps what a FLOAT says: 0.1, not the digits of the nearest DOUBLE.
func shortest32(text string) (string, bool) { return shortest(text, 32) }

// shortest writes a float with the fewest digits that read back to it, without an exponent where JSON readers
// expect none. Zero has no sign: equal values have equal texts. Guarantee G16: what has no such text sets its row aside.
func shortest(text string, bits int) (string, bool) {
	if plain(text) {
		return strings.TrimSuffix(text, ".0"), true
	}
	f, err := strconv.ParseFloat(text, bits)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return "", false
	}
	if f == 0 {
		return "0", true
	}
	format := byte('f')
	if abs := math.Abs(f); abs < 1e-6 || abs >= 1e21 {
		format = 'e'
	}
	return strconv.FormatFloat(f, format, -1, bits), true
}

// plain says whether DuckDB's text of a float, which has the fewest digits too, is one to keep: digits and a point,
// without an exponent, and not zero or so small that it wants one.
func plain(text string) bool {
	digits := strings.TrimPrefix(text, "-")
	if len(digits) == 0 || digits[0] == '0' {
		return false
	}
	for i := range len(digits) {
		if c := digits[i]; c != '.' && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// compactJSON drops spaces and refuses what is not JSON: NaN, trailing commas, and what SQL marked as unsendable.
func compactJSON(text string) (string, bool) {
	var b bytes.Buffer
	if json.Compact(&b, []byte(text)) != nil {
		return "", false
	}
	return b.String(), true
}
