package model

import (
	"encoding/base64"
	"strconv"
)

// Kind says how a Value's text is to be read.
type Kind uint8

// The kinds. The text of each is canonical: one value has one text, so equal values are equal strings.
const (
	Null      Kind = iota // no text
	Bool                  // "true" or "false"
	Int                   // decimal digits with an optional "-", any width, exact
	Decimal               // fixed point digits as the source keeps them: "19.90"
	Float                 // shortest text that reads back to the same float64; never NaN or an infinity
	String                // UTF-8 as it came; no normalisation
	Bytes                 // standard base64
	Date                  // 2006-01-02
	Time                  // 15:04:05, with as many fraction digits as are needed
	Timestamp             // 2006-01-02T15:04:05, with as many fraction digits as are needed; no zone is known
	Instant               // the same, in UTC, ending in "Z"
	JSON                  // compact JSON of a list, struct, map or JSON column; numbers with every digit
)

var kindNames = [...]string{"null", "boolean", "integer", "decimal", "float", "string", "bytes", "date", "time",
	"timestamp", "instant", "json"}

// String is the kind's name as documents and errors use it.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "kind(" + strconv.Itoa(int(k)) + ")"
}

// Value is one scalar or JSON value with its exact text.
type Value struct {
	Kind Kind
	Text string
}

// IsNull says whether the value is an explicit null.
func (v Value) IsNull() bool { return v.Kind == Null }

// Numeric says whether the value is written in JSON as a bare number.
func (v Value) Numeric() bool { return v.Kind == Int || v.Kind == Decimal || v.Kind == Float }

// Text makes a String value.
func Text(s string) Value { return Value{Kind: String, Text: s} }

// Integer makes an Int value.
func Integer(n int64) Value { return Value{Kind: Int, Text: strconv.FormatInt(n, 10)} }

// Boolean makes a Bool value.
func Boolean(b bool) Value { return Value{Kind: Bool, Text: strconv.FormatBool(b)} }

// Blob makes a Bytes value.
func Blob(b []byte) Value { return Value{Kind: Bytes, Text: base64.StdEncoding.EncodeToString(b)} }

// AppendJSON appends the value as JSON: numbers bare and exact, JSON as it is, everything else quoted.
func (v Value) AppendJSON(dst []byte) []byte {
	switch v.Kind {
	case Null:
		return append(dst, "null"...)
	case Bool, Int, Decimal, Float, JSON:
		return append(dst, v.Text...)
	default:
		return AppendQuoted(dst, v.Text)
	}
}
