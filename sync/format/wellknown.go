package format

import (
	"math"
	"strconv"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/freshet/freshet/sync/model"
)

// wellKnownTypes are the columns that Google's and Confluent's own messages become. A decimal of Confluent's has its
// scale in every value, so its column is not known from the schema.
var wellKnownTypes = map[protoreflect.FullName]Type{
	"google.protobuf.Timestamp":   with("TIMESTAMP_NS", UTC),
	"google.protobuf.Duration":    with("VARCHAR", ""),
	"google.protobuf.FieldMask":   with("VARCHAR", ""),
	"google.protobuf.BoolValue":   with("BOOLEAN", ""),
	"google.protobuf.StringValue": with("VARCHAR", ""),
	"google.protobuf.BytesValue":  with("BLOB", ""),
	"google.protobuf.Int32Value":  with("INTEGER", ""),
	"google.protobuf.Int64Value":  with("BIGINT", ""),
	"google.protobuf.UInt32Value": with("UINTEGER", ""),
	"google.protobuf.UInt64Value": with("UBIGINT", ""),
	"google.protobuf.FloatValue":  with("FLOAT", ""),
	"google.protobuf.DoubleValue": with("DOUBLE", ""),
	"google.protobuf.Value":       with("JSON", Anything),
	"google.type.Date":            with("DATE", ""),
	"google.type.TimeOfDay":       with("TIME_NS", ""),
	"google.type.Decimal":         {},
	"confluent.type.Decimal":      {},
}

// wellKnown makes a value of a message that stands for one; ok is false for messages that mean nothing special.
func wellKnown(m protoreflect.Message) (n Node, ok bool, p *Problem) {
	name := m.Descriptor().FullName()
	typ, known := wellKnownTypes[name]
	if !known {
		return wellKnownNested(m, name)
	}
	if name == "google.protobuf.Value" {
		n, p = structValue(m, 0)
		return n, true, p
	}
	if typ.Known() {
		n.Type = &typ
	}
	switch name {
	case "google.protobuf.Timestamp":
		n.Value, p = protoTimestamp(number64(m, "seconds"), number64(m, "nanos"))
	case "google.protobuf.Duration":
		n.Value, p = protoDuration(number64(m, "seconds"), number64(m, "nanos"))
	case "google.protobuf.FieldMask":
		n.Value = model.Text(paths(m))
	case "google.type.Date":
		n.Value, p = protoDate(number64(m, "year"), number64(m, "month"), number64(m, "day"))
	case "google.type.TimeOfDay":
		n.Value, p = protoClock(m)
	case "google.type.Decimal":
		n.Value, p = protoDecimal(get(m, "value").String())
	case "confluent.type.Decimal":
		n.becomeDecimal(get(m, "value").Bytes(), int(number64(m, "scale")))
	default: // the wrappers
		n.Value, p = goValue(get(m, "value").Interface())
	}
	return n, true, p
}

func get(m protoreflect.Message, name protoreflect.Name) protoreflect.Value {
	return m.Get(m.Descriptor().Fields().ByName(name))
}

// number64 reads a field that holds a whole number.
func number64(m protoreflect.Message, name protoreflect.Name) int64 {
	v := get(m, name)
	if n, ok := v.Interface().(uint32); ok {
		return int64(n)
	}
	return v.Int()
}

func misread(what string) *Problem {
	return &Problem{"format.misfit", "a " + what + " of the message is none"}
}

// protoTimestamp writes a moment with the zone it has, which is UTC.
func protoTimestamp(seconds, nanos int64) (model.Value, *Problem) {
	if nanos < 0 || nanos > 999999999 || seconds < -62135596800 || seconds > 253402300799 {
		return model.Value{}, misread("timestamp")
	}
	_, inDay := floorDiv(seconds, 86400)
	dst := appendDay(make([]byte, 0, 32), seconds)
	dst = appendClock(append(dst, 'T'), int(inDay), nanos)
	return model.Text(string(append(dst, 'Z'))), nil
}

func protoDuration(seconds, nanos int64) (model.Value, *Problem) {
	if seconds < -315576000000 || seconds > 315576000000 || nanos < -999999999 || nanos > 999999999 ||
		seconds < 0 && nanos > 0 || seconds > 0 && nanos < 0 {
		return model.Value{}, misread("duration")
	}
	return model.Text(spanText(seconds, nanos)), nil
}

func paths(m protoreflect.Message) string {
	list := get(m, "paths").List()
	texts := make([]string, list.Len())
	for i := range texts {
		texts[i] = list.Get(i).String()
	}
	return strings.Join(texts, ",")
}

// protoDate: a date may lack its year, month or day; then it is none.
func protoDate(year, month, day int64) (model.Value, *Problem) {
	if year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > 31 {
		return model.Value{}, misread("date")
	}
	dst := appendPadded(nil, int(year), 4)
	dst = appendPadded(append(dst, '-'), int(month), 2)
	return model.Text(string(appendPadded(append(dst, '-'), int(day), 2))), nil
}

func protoClock(m protoreflect.Message) (model.Value, *Problem) {
	h, minute, s, nanos := number64(m, "hours"), number64(m, "minutes"), number64(m, "seconds"), number64(m, "nanos")
	if h < 0 || h > 24 || minute < 0 || minute > 59 || s < 0 || s > 59 || nanos < 0 || nanos > 999999999 {
		return model.Value{}, misread("time of day")
	}
	return model.Text(string(appendClock(nil, int(h*3600+minute*60+s), nanos))), nil
}

// protoDecimal reads google.type.Decimal, a number in a text that may have an exponent and no digit before the point.
func protoDecimal(text string) (model.Value, *Problem) {
	text = strings.TrimPrefix(text, "+")
	if text == "" {
		return model.Integer(0), nil
	}
	if strings.HasPrefix(text, ".") {
		text = "0" + text
	}
	plain, ok := fixedText(text)
	if !ok {
		return model.Value{}, misread("decimal")
	}
	if strings.Contains(plain, ".") {
		return model.Value{Kind: model.Decimal, Text: plain}, nil
	}
	return model.Value{Kind: model.Int, Text: plain}, nil
}

func wellKnownNested(m protoreflect.Message, name protoreflect.FullName) (n Node, ok bool, p *Problem) {
	switch name {
	case "google.protobuf.Struct":
		n, p = structObject(m, 0)
	case "google.protobuf.ListValue":
		n, p = structList(m, 0)
	default:
		return n, false, nil
	}
	return n, true, p
}

// structValue reads google.protobuf.Value, which is JSON in Protobuf.
func structValue(m protoreflect.Message, depth int) (Node, *Problem) {
	n := Node{}
	if depth > maxDepth {
		return n, tooDeep
	}
	which := m.WhichOneof(m.Descriptor().Oneofs().ByName("kind"))
	if which == nil {
		return n, nil
	}
	v := m.Get(which)
	switch which.Name() {
	case "number_value":
		return structNumber(v.Float())
	case "string_value":
		n.Value = model.Text(v.String())
	case "bool_value":
		n.Value = model.Boolean(v.Bool())
	case "struct_value":
		return structObject(v.Message(), depth+1)
	case "list_value":
		return structList(v.Message(), depth+1)
	}
	return n, nil
}

// structNumber: numbers of a Value are 64-bit floats; whole ones that a float holds exactly are whole numbers.
func structNumber(f float64) (Node, *Problem) {
	if f == math.Trunc(f) && math.Abs(f) <= 1<<53 {
		return Node{Value: model.Value{Kind: model.Int, Text: strconv.FormatInt(int64(f), 10)}}, nil
	}
	v, p := floatValue(f, 64)
	return Node{Value: v}, p
}

func structObject(m protoreflect.Message, depth int) (Node, *Problem) {
	n := Node{Shape: Object}
	var p *Problem
	get(m, "fields").Map().Range(func(key protoreflect.MapKey, v protoreflect.Value) bool {
		var item Node
		item, p = structValue(v.Message(), depth+1)
		item.Name = key.String()
		n.Items = append(n.Items, item)
		return p == nil
	})
	sortItems(n.Items)
	return n, p
}

func structList(m protoreflect.Message, depth int) (Node, *Problem) {
	n := Node{Shape: List}
	list := get(m, "values").List()
	for i := range list.Len() {
		item, p := structValue(list.Get(i).Message(), depth+1)
		if p != nil {
			return n, p
		}
		n.Items = append(n.Items, item)
	}
	return n, nil
}
