package format

import (
	"strings"

	"github.com/freshet/freshet/sync/model"
)

// Extended makes values of MongoDB's Extended JSON, versions 1 and 2, relaxed and canonical: {"$oid": …} is a text,
// {"$date": …} a moment. What has no counterpart, a regular expression for one, stays the JSON that it is.
func Extended(n *Node) { extended(n, 0) }

func extended(n *Node, depth int) {
	if depth > maxDepth {
		return
	}
	if n.Shape == Object && len(n.Items) > 0 && len(n.Items) <= 2 && strings.HasPrefix(n.Items[0].Name, "$") {
		if v, ok := n.wrapped(); ok {
			v.Name = n.Name
			*n = v
			return
		}
	}
	for i := range n.Items {
		extended(&n.Items[i], depth+1)
	}
}

// wrapped reads an object whose first member names a type.
func (n *Node) wrapped() (v Node, ok bool) {
	inner := &n.Items[0]
	if len(n.Items) == 2 {
		return wrappedBinary(inner.scalarText(), n.Text("$type"), inner.Name == "$binary" && n.Get("$type") != nil)
	}
	text := inner.Value.Text
	isText := inner.Shape == Scalar && inner.Value.Kind == model.String
	switch inner.Name {
	case "$oid", "$symbol":
		return Node{Value: model.Text(text)}, isText
	case "$uuid":
		return Node{Value: model.Text(text), Type: &uuidType}, isText
	case "$numberLong", "$numberInt", "$numberDecimal", "$numberDouble":
		return wrappedNumber(text, inner.Name), isText || inner.Value.Numeric()
	case "$date":
		return wrappedDate(inner)
	case "$binary":
		return wrappedBinary(inner.Text("base64"), inner.Text("subType"), inner.Shape == Object)
	case "$undefined":
		return Node{}, true
	}
	return Node{}, false
}

// scalarText is the text of a scalar, "" of anything else.
func (n *Node) scalarText() string {
	if n.Shape != Scalar {
		return ""
	}
	return n.Value.Text
}

var (
	uuidType   = plain["UUID"]
	momentType = with("TIMESTAMP WITH TIME ZONE", Millis)
)

// wrappedNumber keeps the digits of a decimal and makes a float of a double.
func wrappedNumber(text, name string) Node {
	if !number(text) {
		return Node{Value: model.Text(text), Bad: notFinite}
	}
	v, p := numberValue(text)
	switch {
	case p == nil && name == "$numberDouble":
		v, p = plain["DOUBLE"].Convert(v)
	case p == nil && name == "$numberDecimal" && v.Kind == model.Float:
		v, p = writtenOut(text, strings.IndexAny(text, "eE"))
	}
	return Node{Value: v, Bad: p}
}

// wrappedDate reads milliseconds since 1970, wrapped themselves or not, or a text.
func wrappedDate(n *Node) (Node, bool) {
	if n.Shape == Object && len(n.Items) == 1 && n.Items[0].Name == "$numberLong" {
		return Node{Value: wrappedNumber(n.Items[0].Value.Text, "$numberLong").Value, Type: &momentType}, true
	}
	ok := n.Shape == Scalar && (n.Value.Kind == model.Int || n.Value.Kind == model.String)
	return Node{Value: n.Value, Type: &momentType}, ok
}

// wrappedBinary reads bytes; of subtype 4 they are a UUID.
func wrappedBinary(text, subtype string, ok bool) (Node, bool) {
	b, isBase64 := bytesOf(text, Base64)
	if !ok || !isBase64 {
		return Node{}, false
	}
	n := Node{Value: model.Blob(b)}
	if strings.TrimPrefix(subtype, "0") == "4" {
		n.Type = &uuidType
	}
	return n, true
}
