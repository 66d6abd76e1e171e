package mapping

import (
	"bytes"
	"encoding/json"
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/freshet/freshet/sync/model"
)

// toInteger takes whole numbers of any width. A text has to be plain digits: "007" is no number, because 7 is not it.
func toInteger(v model.Value) (model.Value, *Problem) {
	if v.Kind == model.Int {
		return v, nil
	}
	if digits, ok := fixed(v); ok {
		whole, fraction, point := strings.Cut(digits, ".")
		if !point || v.Kind != model.String && strings.Trim(fraction, "0") == "" {
			return model.Value{Kind: model.Int, Text: unsigned(whole)}, nil
		}
	}
	return v, &Problem{Code: "mapping.not_an_integer", Message: "the " + v.Kind.String() + " is not a whole number"}
}

// unsigned takes the sign from a zero.
func unsigned(digits string) string {
	if strings.Trim(digits, "-0.") == "" {
		return strings.TrimPrefix(digits, "-")
	}
	return digits
}

// toDecimal keeps every digit. Zeros beyond the scale are left out; other digits beyond it are a problem.
func (r *rule) toDecimal(v model.Value) (model.Value, *Problem) {
	digits, ok := fixed(v)
	if !ok {
		return v, &Problem{Code: "mapping.not_a_number", Message: "the " + v.Kind.String() + " is not a decimal number"}
	}
	whole, fraction, _ := strings.Cut(digits, ".")
	if r.scale >= 0 && len(fraction) > r.scale {
		if strings.Trim(fraction[r.scale:], "0") != "" {
			return v, &Problem{Code: "mapping.too_precise", Message: "the number has more than the " + strconv.Itoa(r.scale) +
				" decimals the destination takes"}
		}
		digits = whole
		if r.scale > 0 {
			digits += "." + fraction[:r.scale]
		}
	}
	kind := model.Decimal
	if v.Kind == model.Int {
		kind = model.Int
	}
	return model.Value{Kind: kind, Text: digits}, nil
}

// toFloat takes what a 64-bit float can say: one whose shortest text is the same number. 0.1 is; 2^53+1 is not.
func toFloat(v model.Value) (model.Value, *Problem) {
	if v.Kind == model.Float {
		return v, nil
	}
	digits, ok := fixed(v)
	if !ok {
		return v, &Problem{Code: "mapping.not_a_number", Message: "the " + v.Kind.String() + " is not a number"}
	}
	f, err := strconv.ParseFloat(digits, 64)
	shortest := shortFloat(f)
	same := false
	if err == nil && !math.IsInf(f, 0) {
		a, okA := new(big.Rat).SetString(shortest)
		b, okB := new(big.Rat).SetString(digits)
		same = okA && okB && a.Cmp(b) == 0
	}
	if !same {
		return v, &Problem{Code: "mapping.too_precise", Message: "the number has more digits than a 64-bit float keeps"}
	}
	return model.Value{Kind: model.Float, Text: shortest}, nil
}

func shortFloat(f float64) string {
	b, _ := json.Marshal(f)
	return string(b)
}

// fixed gives a number as fixed-point digits. Floats are spelt out; texts have to be in that form already, without
// leading zeros, plus signs or spaces.
func fixed(v model.Value) (string, bool) {
	switch v.Kind {
	case model.Int, model.Decimal:
		return v.Text, true
	case model.Float:
		if !strings.ContainsAny(v.Text, "eE") {
			return v.Text, true
		}
		f, err := strconv.ParseFloat(v.Text, 64)
		return strconv.FormatFloat(f, 'f', -1, 64), err == nil
	case model.String:
		return v.Text, plainDecimal(v.Text)
	default:
		return "", false
	}
}

func plainDecimal(s string) bool {
	whole, fraction, point := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	return digits(whole) && (whole == "0" || whole[0] != '0') && (!point || digits(fraction)) && s != "-0"
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

func compacted(s string) string {
	var b bytes.Buffer
	if json.Compact(&b, []byte(s)) != nil {
		return s
	}
	return b.String()
}
