package format

import (
	"encoding/json"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/freshet/freshet/sync/model"
)

// written gives JSON as it is read, or the problem's code.
func written(text string) string {
	var d Decoder
	n, p := d.JSON([]byte(text))
	if p != nil {
		return p.Code
	}
	v, p := n.Whole()
	if p != nil {
		return p.Code
	}
	return string(v.AppendJSON(nil))
}

func TestJSON(t *testing.T) {
	deep := strings.Repeat("[", 101) + strings.Repeat("]", 101)
	for text, want := range map[string]string{
		`{ "a" : [ 1 , 2.50 , -0 , -0.0 , true , false , null , "x" , { } , [ ] ] }`: `{"a":[1,2.50,0,0.0,true,false,null,"x",{},[]]}`,
		`123456789012345678901234567890.123456789012345678901234567890`:              `123456789012345678901234567890.123456789012345678901234567890`,
		`1e3`: `1000`, `1E+2`: `100`, `1.5e-7`: `1.5e-7`, `1e400`: "1" + strings.Repeat("0", 400), `-1e-400`: "-0." + strings.Repeat("0", 399) + "1",
		`1e1001`: "format.huge_number", `1e99999999999999999999`: "format.huge_number", `0e99999999999999999999`: `0`, `1.2345678901234567e3`: `1234.5678901234567`,
		`12345678901234567890e-2`: `123456789012345678.9`, `1e-320`: "0." + strings.Repeat("0", 319) + "1",
		`"\u0041\n\/\ud83d\ude00"`: `"A\n/😀"`, `"\ud83d"`: "format.bad_text", `"\ude00\ud83d"`: "format.bad_text", `"\ud83dx"`: "format.bad_text", "\"\xff\"": "format.bad_text",
		`"\x"`: "format.bad_json", `"\u12g4"`: "format.bad_json", "\"\n\"": "format.bad_json", `"`: "format.bad_json", `"\`: "format.bad_json", `"\u12`: "format.bad_json",
		`{"a":1,"a":2}`: "format.member_twice", `{"a":1,"\u0061":2}`: "format.member_twice", `{"a":{"a":1}}`: `{"a":{"a":1}}`,
		deep: "format.too_deep", deep[1:201]: deep[1:201], ``: "format.bad_json", ` `: "format.bad_json", `01`: "format.bad_json", `-`: "format.bad_json", `1.`: "format.bad_json",
		`.5`: "format.bad_json", `+1`: "format.bad_json", `1e`: "format.bad_json", `NaN`: "format.bad_json", `nul`: "format.bad_json", `truex`: "format.trailing_bytes", `{} {}`: "format.trailing_bytes",
		`{"a"}`: "format.bad_json", `{"a":}`: "format.bad_json", `{,}`: "format.bad_json", `[1,]`: "format.bad_json", `{"a":1,}`: "format.bad_json", `{a:1}`: "format.bad_json",
		"\ufeff{}": `{}`, `[1`: "format.bad_json", `{"a":1`: "format.bad_json", "\t\r\n1 ": `1`, `"\u0000"`: `"\u0000"`,
	} {
		if got := written(text); got != want {
			t.Errorf("%.60q: got %.60q, want %.60q", text, got, want)
		}
	}
}

// TestLargeObjects: members are told apart however many there are, in time that does not explode.
func TestLargeObjects(t *testing.T) {
	var b strings.Builder
	for i := range 100000 {
		b.WriteString(`"m` + model.Integer(int64(i)).Text + `":1,`)
	}
	if got := written("{" + b.String() + `"x":1}`); len(got) < 100000 {
		t.Error(got)
	}
	if got := written("{" + b.String() + `"m99":1}`); got != "format.member_twice" {
		t.Errorf("%.40s", got)
	}
}

// TestConnectPairs: a pair of schema and payload is Kafka Connect's only where the schema looks like one.
func TestConnectPairs(t *testing.T) {
	for text, want := range map[string]string{
		`{"schema":null,"payload":{"a":1}}`: `{"a":1}`, `{"schema":{"type":"int32","name":"io.debezium.time.Date"},"payload":1}`: `"1970-01-02"`,
		`{"schema":"x","payload":1}`: `{"schema":"x","payload":1}`, `{"schema":{"v":1},"payload":1}`: `{"schema":{"v":1},"payload":1}`,
		`{"payload":1,"schema":{"type":"int64"}}`: `1`, `{"schema":{"type":"x"},"payload":1}`: "format.bad_schema", `{"schema":{"type":"int8"},"payload":200}`: "format.misfit",
		`{"schema":{"type":"struct"},"payload":{}}`: "format.bad_schema", `{"schema":{"type":"int64"},"payload":1,"x":1}`: `{"schema":{"type":"int64"},"payload":1,"x":1}`,
		`{"schema":{"type":"map","keys":{"type":"string"},"values":{"type":"int32","name":"io.debezium.time.Date"}},"payload":{"a":0}}`: `{"a":"1970-01-01"}`,
		`{"schema":{"type":"map","keys":{"type":"int32"},"values":{"type":"int32"}},"payload":[[1,2]]}`:                                 `[[1,2]]`,
	} {
		if got := written(text); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

// TestJSONAgainstTheStandardLibrary: what it writes, we read; numbers and texts are the same.
func TestJSONAgainstTheStandardLibrary(t *testing.T) {
	value := rapid.Deferred(func() *rapid.Generator[any] { return drawJSON(3) })
	rapid.Check(t, func(t *rapid.T) {
		text, err := json.Marshal(value.Draw(t, "value"))
		if err != nil {
			t.Fatal(err)
		}
		var want, got any
		_ = json.Unmarshal(text, &want)
		if err := json.Unmarshal([]byte(written(string(text))), &got); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		a, _ := json.Marshal(want)
		b, _ := json.Marshal(got)
		if string(a) != string(b) {
			t.Fatalf("%s came out as %s", a, b)
		}
	})
}

// noMinusZero: there is one zero only in what is read.
func noMinusZero(f float64) any {
	if f == 0 {
		return 0.0
	}
	return f
}

func drawJSON(depth int) *rapid.Generator[any] {
	scalars := []*rapid.Generator[any]{rapid.Just[any](nil), rapid.Bool().AsAny(), rapid.Int64().AsAny(), rapid.Map(rapid.Float64(), noMinusZero), rapid.String().AsAny()}
	if depth == 0 {
		return rapid.OneOf(scalars...)
	}
	inner := rapid.Deferred(func() *rapid.Generator[any] { return drawJSON(depth - 1) })
	return rapid.OneOf(append(scalars, rapid.SliceOfN(inner, 0, 4).AsAny(), rapid.MapOfN(rapid.String(), inner, 0, 4).AsAny())...)
}

// TestNumbersKeepTheirValue: whatever digits and exponent a number has, its value is the same number.
func TestNumbersKeepTheirValue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,25})?([eE][+-]?[0-9]{1,3})?`).Draw(t, "number")
		v, p := numberValue(text)
		if p != nil {
			t.Fatalf("%s: %+v", text, p)
		}
		want, _ := new(big.Rat).SetString(text)
		got, ok := new(big.Rat).SetString(v.Text)
		if !ok || got.Cmp(want) != 0 {
			t.Fatalf("%s became %s", text, v.Text)
		}
	})
}

func FuzzJSON(f *testing.F) {
	for _, text := range []string{`{"a":[1,2.5e3,"\ud83d\ude00"],"a\u0041":null}`, `{"schema":{"type":"struct","fields":[{"type":"int32","name":"io.debezium.time.Date","field":"d"}]},"payload":{"d":1}}`,
		"[[[[]]]]", "\ufeff-0.0E-10", `{"schema":{"type":"bytes","name":"org.apache.kafka.connect.data.Decimal","parameters":{"scale":"-2"}},"payload":"MDk="}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var d Decoder
		n, p := d.JSON(b)
		if p != nil {
			return
		}
		v, p := n.Whole()
		if p != nil {
			return
		}
		out := string(v.AppendJSON(nil))
		if !json.Valid([]byte(out)) {
			t.Fatalf("%q became %q, which is no JSON", b, out)
		}
		if again := written(out); again != out && n.Type == nil {
			t.Fatalf("%q, read again, is %q", out, again)
		}
		if !json.Valid([]byte(strings.TrimPrefix(string(b), "\ufeff"))) {
			t.Fatalf("%q was taken for JSON", b)
		}
		Extended(&n)
		_, _ = n.Whole()
	})
}
