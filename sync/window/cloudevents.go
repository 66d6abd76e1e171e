package window

import (
	"encoding/base64"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/freshet/freshet/sync/format"
	"github.com/freshet/freshet/sync/model"
)

// attributes is the prefix of a CloudEvent's attributes: as Kafka's headers have them, and as columns where a person
// has declared them or made them the key.
const attributes = "ce_"

// cloudEvent is an event of CloudEvents 1.0, whichever way it came.
type cloudEvent struct {
	attribute func(name string) string
	data      format.Node
	dataless  bool
}

func isBinaryCloudEvent(e *model.Event) bool { return header(e, "ce_specversion") != nil }

// binaryCloudEvent: attributes are headers, the value is the data.
func (r *Reader) binaryCloudEvent(e *model.Event, lookup Lookup) (Reading, error) {
	v := cloudEvent{attribute: func(name string) string { return string(header(e, attributes+name)) }}
	var p *Problem
	var err error
	v.data, p, err = r.data(e.Value, string(header(e, "content-type")), header(e, format.ValueHeader), lookup)
	if p != nil || err != nil {
		return Reading{Problem: p}, err
	}
	return r.cloudEvent(e, v, lookup)
}

// structuredCloudEvent: everything is in the value. An event without data says nothing of a row; it is no tombstone.
func (r *Reader) structuredCloudEvent(e *model.Event, n *format.Node, lookup Lookup) (Reading, error) {
	if n.Get("specversion") == nil {
		return r.problem("window.no_cloudevent", "the value has no specversion, and the event no ce_ headers, so it is no CloudEvent")
	}
	v := cloudEvent{attribute: n.Text, dataless: true}
	media := n.Text("datacontenttype")
	if data := n.Get("data"); data != nil && !data.IsNull() {
		v.data, v.dataless = *data, false
	}
	packed := n.Text("data_base64")
	if packed == "" && !v.dataless && v.data.Shape == format.Scalar && !isJSON(media) && media != "" {
		packed = v.data.Value.Text // Debezium's, whose data is Avro
		if !strings.Contains(media, "avro") && !strings.Contains(media, "protobuf") {
			packed = ""
		}
	}
	if packed != "" {
		raw, err := base64.StdEncoding.DecodeString(packed)
		if err != nil {
			return r.problem("window.bad_data", "the CloudEvent's data is not base64")
		}
		var p *Problem
		if v.data, p, err = r.dataWithin(raw, media, lookup); p != nil || err != nil {
			return Reading{Problem: p}, err
		}
		v.dataless = false
	}
	return r.cloudEvent(e, v, lookup)
}

func isJSON(media string) bool {
	media, _, _ = strings.Cut(strings.ToLower(media), ";")
	media = strings.TrimSpace(media)
	return media == "" || media == "json" || strings.HasSuffix(media, "/json") || strings.HasSuffix(media, "+json")
}

// data decodes the data of a binary event: by the registry where it names a schema, as JSON, as a text, or as bytes.
func (r *Reader) data(raw []byte, media string, head []byte, lookup Lookup) (format.Node, *Problem, error) {
	frame, framed, p := format.CutFrame(raw, head)
	if p != nil {
		return format.Node{}, p, nil
	}
	if framed {
		n, _, p, err := r.values.Framed(frame, lookup)
		return n, p, err
	}
	if isJSON(media) {
		n, p := r.values.JSON(raw)
		return n, p, nil
	}
	return asText(raw, media), nil, nil
}

// dataWithin is data for bytes that stood in the event's JSON.
func (r *Reader) dataWithin(raw []byte, media string, lookup Lookup) (format.Node, *Problem, error) {
	frame, framed, p := format.CutFrame(raw, nil)
	if p != nil {
		return format.Node{}, p, nil
	}
	if framed {
		n, _, p, err := r.values.FramedWithin(frame, lookup)
		return n, p, err
	}
	if isJSON(media) {
		n, p := r.values.JSONText(string(raw))
		return n, p, nil
	}
	return asText(raw, media), nil, nil
}

func asText(raw []byte, media string) format.Node {
	if strings.HasPrefix(strings.ToLower(media), "text/") && utf8.Valid(raw) {
		return format.Node{Value: model.Text(string(raw))}
	}
	return format.Node{Value: model.Blob(raw)}
}

func (r *Reader) cloudEvent(e *model.Event, v cloudEvent, lookup Lookup) (Reading, error) {
	if strings.HasPrefix(v.attribute("type"), "io.debezium.") {
		return r.debeziumCloudEvent(e, v, lookup)
	}
	row := format.Node{Shape: format.Object}
	switch {
	case v.dataless:
		return Reading{Ignored: "event without data"}, nil
	case v.data.Shape == format.Object:
		row.Items = v.data.Items
	default: // data that is no object is a column of its own
		v.data.Name = "data"
		row.Items = []format.Node{v.data}
	}
	row.Items = append(row.Items[:len(row.Items):len(row.Items)], r.attributeColumns(v)...)
	c := r.change(e, Write)
	if r.partial {
		c.Op = Patch
	}
	c.At, c.AtFrom = v.time(c)
	return r.written(e, c, &row, rowRules{}, lookup)
}

// time is when the event says it happened.
func (v cloudEvent) time(c Change) (time.Time, string) {
	if at, err := time.Parse(time.RFC3339Nano, v.attribute("time")); err == nil {
		return at.UTC(), "ce_time"
	}
	return c.At, c.AtFrom
}

// attributeColumns are the attributes that a person has asked for.
func (r *Reader) attributeColumns(v cloudEvent) []format.Node {
	var list []format.Node
	add := func(column string) {
		name, ok := strings.CutPrefix(column, attributes)
		if text := v.attribute(name); ok && text != "" {
			list = append(list, format.Node{Name: column, Value: model.Text(text)})
		}
	}
	for _, column := range r.key {
		add(column)
	}
	for column := range r.declared {
		if !r.isKey(column) {
			add(column)
		}
	}
	return list
}

func (r *Reader) isKey(column string) bool {
	for _, k := range r.key {
		if k == column {
			return true
		}
	}
	return false
}

// debeziumCloudEvent: the envelope's rows are the data, the rest of it attributes.
func (r *Reader) debeziumCloudEvent(e *model.Event, v cloudEvent, lookup Lookup) (Reading, error) {
	paired, p := format.Paired(v.data)
	if p != nil {
		return Reading{Problem: p}, nil
	}
	data := &paired
	env := envelope{op: v.attribute("iodebeziumop"), before: data.Get("before"), after: data.Get("after"), update: data.Get("updateDescription")}
	if env.op == "" {
		return r.problem("window.no_envelope", "the CloudEvent is of Debezium's type, and has no iodebeziumop")
	}
	c := r.change(e, Write)
	env.at, env.atFrom = v.time(c)
	env.snapshot = env.op == "r" || isSnapshot(v.attribute("iodebeziumsnapshot"))
	for _, name := range [...]string{"gtid", "lsn", "scn", "file"} {
		if text := v.attribute("iodebezium" + name); text != "" && env.place == "" {
			env.place = name + ":" + text
		}
	}
	return r.opened(e, env, lookup)
}
