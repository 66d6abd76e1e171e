package contract

import (
	"math/big"
	"strconv"
	"strings"
)

// number is a bound that values are compared with: quickly by its float, and exactly where that does not decide.
type number struct {
	near  float64
	exact *big.Rat
	whole int64
	isInt bool // whole is the number
}

// maxDigits bounds the exponents that are taken: 1e999999999 would fill the memory.
const maxDigits = 400

// numberOf reads decimal digits with a point or an exponent. It takes no infinity, no NaN, no hexadecimal.
func numberOf(text string) (number, bool) {
	digits := strings.TrimLeft(text, "+-")
	if digits == "" || len(text) > maxDigits || strings.Trim(digits, "0123456789.eE+-") != "" {
		return number{}, false
	}
	near, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return number{}, false
	}
	if near != 0 && (near > 1e300 || near < -1e300 || near < 1e-300 && near > -1e-300) {
		return number{}, false
	}
	exact, ok := exactly(text, near)
	if !ok {
		return number{}, false
	}
	whole, err := strconv.ParseInt(text, 10, 64)
	return number{near: near, exact: exact, whole: whole, isInt: err == nil}, true
}

// exactly reads a number without loss, unless its exponent would make it huge.
func exactly(text string, near float64) (*big.Rat, bool) {
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		if e, err := strconv.Atoi(text[i+1:]); err != nil || e > maxDigits || e < -maxDigits {
			return new(big.Rat), near == 0
		}
	}
	return new(big.Rat).SetString(text)
}

// compare says whether a number written as text is below (-1), at (0) or above (1) n; ok is false where it is none.
func (n *number) compare(text string) (order int, ok bool) {
	if n.isInt {
		if i, ok := small(text); ok {
			return compareInts(i, n.whole), true
		}
	}
	near, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil || near != near:
		return 0, false
	case near < n.near: // rounding keeps the order
		return -1, true
	case near > n.near:
		return 1, true
	}
	exact, ok := exactly(text, near)
	if !ok {
		return 0, false
	}
	return exact.Cmp(n.exact), true
}

// small reads a whole number of at most 18 digits, without the cost of an error for what is none.
func small(text string) (n int64, ok bool) {
	digits := strings.TrimPrefix(text, "-")
	if digits == "" || len(digits) > 18 {
		return 0, false
	}
	for i := range len(digits) {
		c := digits[i]
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	if len(digits) < len(text) {
		n = -n
	}
	return n, true
}

func compareInts(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	default:
		return 0
	}
}

// multiple says whether a number written as text is n times a whole number.
func (n *number) multiple(text string) bool {
	if i, ok := small(text); ok && n.isInt && n.whole != 0 {
		return i%n.whole == 0
	}
	v, ok := numberOf(text)
	return ok && new(big.Rat).Quo(v.exact, n.exact).IsInt()
}
