package format

import (
	"encoding/base64"
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/freshet/freshet/sync/model"
)

// toInteger takes whole numbers in the type's range. A text has to be plain digits: "007" is no number.
func (t Type) toInteger(v model.Value) (model.Value, *Problem) {
	digits, ok := fixed(v)
	if !ok {
		return t.misfit(v)
	}
	whole, fraction, point := strings.Cut(digits, ".")
	if point && (v.Kind == model.String || !zero(fraction)) {
		return t.misfit(v)
	}
	if zero(whole) {
		whole = "0"
	}
	if !t.holds(whole) {
		return t.misfit(v)
	}
	return model.Value{Kind: model.Int, Text: whole}, nil
}

func (t Type) holds(digits string) bool {
	if t.width <= 64 {
		var err error
		if t.plus {
			_, err = strconv.ParseUint(digits, 10, t.width)
		} else {
			_, err = strconv.ParseInt(digits, 10, t.width)
		}
		return err == nil
	}
	if len(digits) > 40 {
		return false
	}
	n, ok := new(big.Int).SetString(digits, 10)
	switch {
	case !ok:
		return false
	case t.plus:
		return n.Sign() >= 0 && n.BitLen() <= t.width
	case n.Sign() < 0:
		n.Add(n, big.NewInt(1)) // there is one more below zero than above
	}
	return n.BitLen() < t.width
}

// toDecimal keeps every digit, and has exactly as many behind the point as the type.
func (t Type) toDecimal(v model.Value) (model.Value, *Problem) {
	digits, p := t.digitsOf(v)
	if p != nil {
		return v, p
	}
	whole, fraction, _ := strings.Cut(digits, ".")
	if len(fraction) > t.scale {
		if !zero(fraction[t.scale:]) {
			return t.misfit(v)
		}
		fraction = fraction[:t.scale]
	}
	for len(fraction) < t.scale {
		fraction += "0"
	}
	if strings.TrimPrefix(whole, "-") == "" {
		whole += "0"
	}
	if zero(whole) && zero(fraction) {
		whole = "0"
	}
	if n := len(strings.TrimLeft(whole, "-0")); n > t.width-t.scale {
		return t.misfit(v)
	}
	if t.scale > 0 {
		whole += "." + fraction
	}
	return model.Value{Kind: model.Decimal, Text: whole}, nil
}

// toDigits is a decimal of any width as a text.
func (t Type) toDigits(v model.Value) (model.Value, *Problem) {
	plain, p := t.digitsOf(v)
	if p != nil {
		return v, p
	}
	return model.Text(plain), nil
}

// becomeDecimal makes the node the number that bytes and a scale say.
func (n *Node) becomeDecimal(b []byte, scale int) {
	plain, p := unscaled(b, scale)
	if p != nil {
		n.Bad = p
		return
	}
	v := model.Value{Kind: model.Decimal, Text: plain}
	if !strings.Contains(plain, ".") {
		v.Kind = model.Int
	}
	n.Shape, n.Items, n.Value, n.Type = Scalar, nil, v, nil
}

// digitsOf gives the fixed-point digits of a number, a text, or bytes that hold the unscaled number.
func (t Type) digitsOf(v model.Value) (string, *Problem) {
	switch v.Kind {
	case model.Int, model.Decimal, model.Float:
		if digits, ok := fixed(v); ok {
			return digits, nil
		}
	case model.Bytes:
		b, _ := base64.StdEncoding.DecodeString(v.Text)
		return unscaled(b, t.scale)
	case model.String:
		return t.digitsOfText(v.Text)
	}
	return "", misfit(t, v.Kind.String())
}

func (t Type) digitsOfText(text string) (string, *Problem) {
	plain, isDigits := "", false
	if t.Unit != Base64 {
		plain, isDigits = fixedText(text)
	}
	b, isBase64 := []byte(nil), false
	if t.Unit != Digits {
		b, isBase64 = bytesOf(text, Base64)
	}
	switch {
	case isDigits && isBase64 && text != "":
		return "", &Problem{"format.ambiguous", "the text can be read as a number and as base64: declare the column as " +
			t.Name + " from text, or as " + t.Name + " from base64"}
	case isDigits:
		return plain, nil
	case isBase64 && len(b) > 0:
		return unscaled(b, t.scale)
	}
	return "", misfit(t, model.String.String())
}

// unscaled reads a big-endian number in two's complement and puts the point scale digits from its end.
func unscaled(b []byte, scale int) (string, *Problem) {
	if len(b) > 512 || scale > maxDigits || scale < -maxDigits {
		return "", hugeNumber
	}
	n := new(big.Int).SetBytes(b)
	if len(b) > 0 && b[0]&0x80 != 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	digits := n.String()
	if scale < 0 {
		if digits == "0" {
			return digits, nil
		}
		return digits + strings.Repeat("0", -scale), nil
	}
	sign := ""
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	if len(digits) <= scale {
		digits = strings.Repeat("0", scale+1-len(digits)) + digits
	}
	if scale == 0 {
		return sign + digits, nil
	}
	return sign + digits[:len(digits)-scale] + "." + digits[len(digits)-scale:], nil
}

// toFloat takes what a float can say. A fraction may have as many digits as programs write floats with, which is more
// than some of them need; a whole number has to be the float's very own.
func (t Type) toFloat(v model.Value) (model.Value, *Problem) {
	text := v.Text
	switch v.Kind {
	case model.Int, model.Decimal, model.Float:
	case model.String:
		if !number(text) {
			return t.misfit(v)
		}
	default:
		return t.misfit(v)
	}
	f, err := strconv.ParseFloat(text, t.width)
	if err != nil || f == 0 && !zero(mantissa(text)) {
		return t.misfit(v)
	}
	if !t.keeps(text, f) {
		return t.misfit(v)
	}
	return floatValue(f, t.width)
}

func mantissa(text string) string {
	if at := strings.IndexAny(text, "eE"); at >= 0 {
		return text[:at]
	}
	return text
}

func (t Type) keeps(text string, f float64) bool {
	digits := significant(mantissa(text))
	if t.width == 32 && digits <= 6 || t.width == 64 && digits <= 15 {
		return true
	}
	if strings.ContainsAny(text, ".eE") && f != math.Trunc(f) {
		return t.width == 32 && digits <= 9 || t.width == 64 && digits <= 17
	}
	if len(text) > maxDigits {
		return false
	}
	exact, ok := new(big.Rat).SetString(text)
	short, _ := new(big.Rat).SetString(shortest(f, t.width))
	return ok && exact.Cmp(short) == 0
}
