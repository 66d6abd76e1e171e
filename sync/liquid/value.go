package liquid

import (
	"encoding/json"
	"errors"
	"math/big"
	"strconv"
	"strings"

	"github.com/freshet/freshet/sync/model"
)

type kind uint8

const (
	nilKind kind = iota
	boolKind
	numberKind
	textKind
	timeKind // a date or a timestamp; source says which
	listKind
	mapKind
	rangeKind
	emptyKind // the word "empty"
	blankKind // the word "blank"
)

var kindNames = [...]string{"nothing", "a boolean", "a number", "a text", "a date", "a list", "an object", "a range", "empty", "blank"}

// value is what expressions make. text is the exact text that would be printed, for every kind that can be.
type value struct {
	kind    kind
	truth   bool
	integer bool       // numberKind: divides as whole numbers do
	source  model.Kind // timeKind
	text    string
	number  *big.Rat // numberKind: nil until it is asked for, then of text
	list    []value  // listKind, and mapKind's values
	names   []string // mapKind
	low     int64    // rangeKind: both ends are in it
	high    int64
}

var nothing = value{}

func text(s string) value { return value{kind: textKind, text: s} }
func truth(b bool) value  { return value{kind: boolKind, truth: b} }
func whole(n int64) value {
	return value{kind: numberKind, text: strconv.FormatInt(n, 10), integer: true}
}
func list(l []value) value { return value{kind: listKind, list: l} }

// maxBits bounds numbers: about 1,200 digits.
const maxBits = 4096

func number(r *big.Rat, integer bool) value {
	return value{kind: numberKind, number: r, text: numberText(r), integer: integer && r.IsInt()}
}

// decimals is how many places a quotient without an end is rounded to.
const decimals = 20

func numberText(r *big.Rat) string {
	if r.IsInt() {
		return r.Num().String()
	}
	places, exact := r.FloatPrec()
	if exact {
		return r.FloatString(places)
	}
	return strings.TrimRight(strings.TrimRight(r.FloatString(decimals), "0"), ".")
}

// of takes a value of a row.
func of(v model.Value) value {
	switch v.Kind {
	case model.Null:
		return nothing
	case model.Bool:
		return truth(v.Text == "true")
	case model.Int, model.Decimal, model.Float:
		return value{kind: numberKind, text: v.Text, integer: v.Kind == model.Int}
	case model.Date, model.Timestamp, model.Instant:
		return value{kind: timeKind, source: v.Kind, text: v.Text}
	case model.JSON:
		return ofJSON(v.Text)
	default:
		return text(v.Text)
	}
}

// rat gives a number's value. Texts that are plain numbers count as numbers, as they do in Liquid; nothing else does.
func (v value) rat() (*big.Rat, error) {
	switch {
	case v.number != nil:
		return v.number, nil
	case v.kind == numberKind, v.kind == textKind && plainNumber(v.text):
		if len(v.text) > maxBits/4 || largeExponent(v.text) {
			return nil, errors.New("a number has too many digits to calculate with")
		}
		if r, ok := new(big.Rat).SetString(v.text); ok {
			return r, nil
		}
	}
	return nil, errors.New(kindNames[v.kind] + " is not a number")
}

// whole says whether the value divides as whole numbers do.
func (v value) wholeNumber() bool {
	return v.kind == numberKind && v.integer || v.kind == textKind && !strings.Contains(v.text, ".")
}

// largeExponent sees numbers whose few characters stand for very many digits: 1e999999999.
func largeExponent(s string) bool {
	_, exponent, ok := strings.Cut(strings.ToLower(s), "e")
	return ok && len(strings.TrimLeft(exponent, "+-0")) > 3
}

func plainNumber(s string) bool {
	digits := strings.TrimPrefix(s, "-")
	before, after, point := strings.Cut(digits, ".")
	return allDigits(before) && (!point || allDigits(after))
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// small gives a whole number that counts something: places, positions, lengths.
func (v value) small() (int, error) {
	r, err := v.rat()
	if err != nil {
		return 0, err
	}
	if !r.IsInt() || !r.Num().IsInt64() || r.Num().BitLen() > 31 {
		return 0, errors.New("a whole number of ordinary size is needed")
	}
	return int(r.Num().Int64()), nil
}

// print gives the text a template shows for the value.
func (v value) print() (string, error) {
	switch v.kind {
	case nilKind, emptyKind, blankKind:
		return "", nil
	case boolKind:
		if v.truth {
			return "true", nil
		}
		return "false", nil
	case listKind, mapKind:
		if v.text != "" {
			return v.text, nil
		}
		return "", errors.New("a list or an object cannot be shown as it is: use the filter join or json")
	case rangeKind:
		return "", errors.New("a range cannot be shown: use it in a for")
	default:
		return v.text, nil
	}
}

// test is Liquid's idea of truth: all but nothing and false.
func (v value) test() bool { return v.kind != nilKind && (v.kind != boolKind || v.truth) }

func (v value) isEmpty() bool {
	switch v.kind {
	case textKind:
		return v.text == ""
	case listKind, mapKind:
		return len(v.list) == 0
	default:
		return false
	}
}

func (v value) isBlank() bool {
	return !v.test() || v.isEmpty() || v.kind == textKind && strings.TrimSpace(v.text) == ""
}

// ofJSON reads a JSON column. The text itself is kept, so that showing it whole shows every digit and the order of names.
func ofJSON(s string) value {
	dec := json.NewDecoder(strings.NewReader(s))
	dec.UseNumber()
	v, err := readJSON(dec, 0)
	if err != nil {
		return text(s)
	}
	if v.kind == listKind || v.kind == mapKind {
		v.text = s
	}
	return v
}

const maxJSONDepth = 100

func readJSON(dec *json.Decoder, depth int) (value, error) {
	token, err := dec.Token()
	if err != nil || depth > maxJSONDepth {
		return nothing, errors.Join(err, errDeep)
	}
	switch t := token.(type) {
	case bool:
		return truth(t), nil
	case string:
		return text(t), nil
	case json.Number:
		s := t.String()
		return value{kind: numberKind, text: s, integer: allDigits(strings.TrimPrefix(s, "-"))}, nil
	case json.Delim:
		return readGroup(dec, t, depth)
	default:
		return nothing, nil
	}
}

var errDeep = errors.New("the JSON is nested too deeply or cannot be read")

func readGroup(dec *json.Decoder, open json.Delim, depth int) (value, error) {
	v := value{kind: listKind}
	if open == '{' {
		v.kind = mapKind
	}
	for dec.More() {
		if v.kind == mapKind {
			name, err := dec.Token()
			if err != nil {
				return nothing, err
			}
			v.names = append(v.names, name.(string))
		}
		item, err := readJSON(dec, depth+1)
		if err != nil {
			return nothing, err
		}
		v.list = append(v.list, item)
	}
	_, err := dec.Token()
	return v, err
}

// appendJSON writes the value as JSON.
func (v value) appendJSON(dst []byte) []byte {
	switch v.kind {
	case nilKind, emptyKind, blankKind, rangeKind:
		return append(dst, "null"...)
	case boolKind, numberKind:
		s, _ := v.print()
		return append(dst, s...)
	case listKind:
		dst = append(dst, '[')
		for i, item := range v.list {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = item.appendJSON(dst)
		}
		return append(dst, ']')
	case mapKind:
		dst = append(dst, '{')
		for i, item := range v.list {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = model.AppendQuoted(dst, v.names[i])
			dst = append(dst, ':')
			dst = item.appendJSON(dst)
		}
		return append(dst, '}')
	default:
		return model.AppendQuoted(dst, v.text)
	}
}
