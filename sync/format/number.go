package format

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"github.com/freshet/freshet/sync/model"
)

// maxDigits is how long a number with an exponent may get when it is written out.
const maxDigits = 1000

// numberValue reads a number as JSON writes it. Whole numbers are integers, fractions decimals with the digits they
// have. One with an exponent is a float where a float has those digits (up to 15 are kept), and else written out.
func numberValue(text string) (model.Value, *Problem) {
	fraction, exponent := false, -1
	for i := range len(text) {
		switch text[i] {
		case '.':
			fraction = true
		case 'e', 'E':
			exponent = i
		}
	}
	switch {
	case exponent >= 0:
		return scientific(text, exponent)
	case text[0] == '-' && strings.Trim(text, "-0.") == "":
		text = text[1:]
	}
	if fraction {
		return model.Value{Kind: model.Decimal, Text: text}, nil
	}
	return model.Value{Kind: model.Int, Text: text}, nil
}

func scientific(text string, at int) (model.Value, *Problem) {
	if significant(text[:at]) <= 15 {
		// Below its normal range a float keeps fewer digits.
		if f, err := strconv.ParseFloat(text, 64); err == nil && (math.Abs(f) >= 0x1p-1022 || zero(text[:at])) {
			return model.Value{Kind: model.Float, Text: shortest(f, 64)}, nil
		}
	}
	return writtenOut(text, at)
}

func zero(digits string) bool { return strings.Trim(digits, "-0.") == "" }

// significant counts the digits between the first and the last that are not 0.
func significant(mantissa string) int {
	digits := strings.Replace(strings.TrimPrefix(mantissa, "-"), ".", "", 1)
	return len(strings.Trim(digits, "0"))
}

// writtenOut gives a number with an exponent in fixed-point digits, every one of them.
func writtenOut(text string, at int) (model.Value, *Problem) {
	exponent, err := strconv.Atoi(text[at+1:])
	mantissa := text[:at]
	if zero(mantissa) {
		return model.Integer(0), nil
	}
	if err != nil || exponent > maxDigits || exponent < -maxDigits || len(mantissa) > maxDigits {
		return model.Value{}, hugeNumber
	}
	sign := ""
	if mantissa[0] == '-' {
		sign, mantissa = "-", mantissa[1:]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits, point := whole+fraction, len(whole)+exponent
	if point <= 0 {
		digits, point = strings.Repeat("0", 1-point)+digits, 1
	}
	if point > len(digits) {
		digits += strings.Repeat("0", point-len(digits))
	}
	whole, fraction = strings.TrimLeft(digits[:point], "0"), strings.TrimRight(digits[point:], "0")
	if whole == "" {
		whole = "0"
	}
	if fraction == "" {
		return model.Value{Kind: model.Int, Text: sign + whole}, nil
	}
	return model.Value{Kind: model.Decimal, Text: sign + whole + "." + fraction}, nil
}

// shortest is the shortest text that reads back to the same float of that many bits, as JSON writes it. f is finite.
func shortest(f float64, bits int) string {
	if f == 0 {
		return "0"
	}
	var b []byte
	if bits == 32 {
		b, _ = json.Marshal(float32(f))
	} else {
		b, _ = json.Marshal(f)
	}
	return string(b)
}

// floatValue makes a value of a float of that many bits.
func floatValue(f float64, bits int) (model.Value, *Problem) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return model.Value{}, notFinite
	}
	return model.Value{Kind: model.Float, Text: shortest(f, bits)}, nil
}

// fixed gives a number as fixed-point digits; a text has to be in that form already.
func fixed(v model.Value) (string, bool) {
	switch v.Kind {
	case model.Int, model.Decimal:
		return v.Text, true
	case model.Float:
		at := strings.IndexAny(v.Text, "eE")
		if at < 0 {
			return v.Text, true
		}
		out, p := writtenOut(v.Text, at)
		return out.Text, p == nil
	case model.String:
		return fixedText(v.Text)
	}
	return "", false
}

// fixedText takes what Java's BigDecimal and people write: plain digits, or digits with an exponent.
func fixedText(s string) (string, bool) {
	if !number(s) {
		return "", false
	}
	v, p := numberValue(s)
	if p == nil && v.Kind == model.Float {
		v, p = writtenOut(s, strings.IndexAny(s, "eE"))
	}
	return v.Text, p == nil
}

// number says whether s is a number as JSON writes it.
func number(s string) bool {
	end := numberEnd(s, 0)
	return end == len(s) && end > 0
}

// numberEnd is the offset behind the number that begins at i, -1 where none does.
func numberEnd(s string, i int) int {
	if i < len(s) && s[i] == '-' {
		i++
	}
	start := i
	i = digitsEnd(s, i)
	if i == start || s[start] == '0' && i > start+1 {
		return -1
	}
	if i < len(s) && s[i] == '.' {
		start = i + 1
		if i = digitsEnd(s, start); i == start {
			return -1
		}
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		i++
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		start = i
		if i = digitsEnd(s, start); i == start {
			return -1
		}
	}
	return i
}

func digitsEnd(s string, i int) int {
	for i < len(s) && s[i]-'0' <= 9 {
		i++
	}
	return i
}
