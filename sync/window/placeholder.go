package window

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/format"
	"github.com/freshet/freshet/sync/model"
)

// debeziumPlaceholder is what Debezium sends where the database did not say a large value because it did not change.
const debeziumPlaceholder = "__debezium_unavailable_value"

// placeholder is one such text in every form that a column's type can force it into.
type placeholder struct {
	texts []string // text, bytes as base64 or hex, a map as JSON
	bytes string   // the placeholder itself, which lists of numbers spell
	uuid  string   // its name as a UUID, which lists of UUIDs hold
}

type placeholders []placeholder

func newPlaceholders(custom []string) (placeholders, error) {
	var list placeholders
	for _, text := range append([]string{debeziumPlaceholder}, custom...) {
		if digits, isHex := strings.CutPrefix(text, "hex:"); isHex {
			b, err := hex.DecodeString(digits)
			if err != nil {
				return nil, fault.New(fault.Usage, "window.bad_placeholder", fmt.Sprintf("the placeholder %q is not hexadecimal behind hex:", text)).
					Do("write it as Debezium's unavailable.value.placeholder says")
			}
			text = string(b)
		}
		if text == "" {
			return nil, fault.New(fault.Usage, "window.bad_placeholder", "a placeholder is empty").Do("take it out")
		}
		list = append(list, newPlaceholder(text))
	}
	return list, nil
}

func newPlaceholder(text string) placeholder {
	quoted := string(model.AppendQuoted(nil, text))
	sum := md5.Sum([]byte(text)) // a UUID of version 3 as Java makes it: of the name alone, without a namespace
	sum[6], sum[8] = sum[6]&0x0f|0x30, sum[8]&0x3f|0x80
	h := hex.EncodeToString(sum[:])
	return placeholder{
		texts: []string{text, base64.StdEncoding.EncodeToString([]byte(text)), base64.URLEncoding.EncodeToString([]byte(text)),
			base64.RawURLEncoding.EncodeToString([]byte(text)), hex.EncodeToString([]byte(text)), "{" + quoted + ":" + quoted + "}"},
		bytes: text,
		uuid:  h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:],
	}
}

// stand says whether a value stands for one that was not sent.
func (all placeholders) stand(n *format.Node) bool {
	if n.Shape == format.Scalar && n.Value.Kind != model.String && n.Value.Kind != model.Bytes || n.Shape != format.Scalar && len(n.Items) == 0 {
		return false
	}
	for i := range all {
		if all[i].is(n) {
			return true
		}
	}
	return false
}

func (p *placeholder) is(n *format.Node) bool {
	switch n.Shape {
	case format.Scalar:
		return p.isText(n.Value.Text)
	case format.Object: // a map
		return len(n.Items) == 1 && n.Items[0].Name == p.bytes && n.Items[0].Value.Text == p.bytes
	}
	first := &n.Items[0]
	if len(n.Items) == 1 && first.Shape == format.Scalar && first.Value.Kind != model.Int {
		return p.isText(first.Value.Text) || strings.EqualFold(first.Value.Text, p.uuid)
	}
	return p.spelt(n.Items)
}

func (p *placeholder) isText(text string) bool { return slices.Contains(p.texts, text) }

// spelt says whether numbers are the placeholder's bytes, which Java takes for numbers from -128 to 127.
func (p *placeholder) spelt(items []format.Node) bool {
	if len(items) != len(p.bytes) {
		return false
	}
	for i := range items {
		v := items[i].Value
		if !v.Numeric() || strings.TrimSuffix(v.Text, ".0") != strconv.Itoa(int(int8(p.bytes[i]))) {
			return false
		}
	}
	return true
}
