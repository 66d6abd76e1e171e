package liquid

import (
	"fmt"
	"maps"
	"slices"
)

// filter is a function of a value, with how many further values it takes.
type filter struct {
	least, most int
	do          func(in value, args []value) (value, error)
}

func (f filter) takes() string {
	switch {
	case f.most == 0:
		return "no values"
	case f.least == f.most && f.most == 1:
		return "one value"
	case f.least == f.most:
		return fmt.Sprintf("%d values", f.most)
	default:
		return fmt.Sprintf("%d to %d values", f.least, f.most)
	}
}

// filters are all there are. Every one is a pure function; none knows the time, the machine or another row.
var filters = map[string]filter{
	"default": {1, 1, orDefault},
	"json":    {0, 0, toJSON},
	"date":    {1, 1, date},

	"upcase": {0, 0, onText(upcase)}, "downcase": {0, 0, onText(downcase)}, "capitalize": {0, 0, onText(capitalize)},
	"strip": {0, 0, onText(strip)}, "lstrip": {0, 0, onText(lstrip)}, "rstrip": {0, 0, onText(rstrip)},
	"strip_newlines": {0, 0, onText(stripNewlines)}, "newline_to_br": {0, 0, onText(newlineToBr)},
	"escape": {0, 0, onText(escape)}, "escape_once": {0, 0, onText(escapeOnce)},
	"url_encode": {0, 0, onText(urlEncode)}, "url_decode": {0, 0, urlDecode},
	"base64_encode": {0, 0, onText(base64Encode)}, "base64_decode": {0, 0, base64Decode}, "base64": {0, 0, onText(base64Encode)},
	"sha256": {0, 0, hashed(sha256Hex)}, "sha1": {0, 0, hashed(sha1Hex)}, "md5": {0, 0, hashed(md5Hex)},
	"append": {1, 1, onTexts(appended)}, "prepend": {1, 1, onTexts(prepended)},
	"remove": {1, 1, onTexts(removed)}, "remove_first": {1, 1, onTexts(removedFirst)}, "remove_last": {1, 1, onTexts(removedLast)},
	"replace": {2, 2, onTexts(replaced)}, "replace_first": {2, 2, onTexts(replacedFirst)}, "replace_last": {2, 2, onTexts(replacedLast)},
	"truncate": {0, 2, truncate}, "truncatewords": {0, 2, truncateWords}, "slice": {1, 2, slice},
	"split": {1, 1, split}, "size": {0, 0, size},

	"plus": {1, 1, plus}, "minus": {1, 1, minus}, "times": {1, 1, times}, "divided_by": {1, 1, dividedBy}, "modulo": {1, 1, modulo},
	"abs": {0, 0, abs}, "ceil": {0, 0, ceil}, "floor": {0, 0, floor}, "round": {0, 1, round},
	"at_least": {1, 1, atLeast}, "at_most": {1, 1, atMost},

	"join": {0, 1, join}, "first": {0, 0, first}, "last": {0, 0, last}, "reverse": {0, 0, reverse}, "sort": {0, 1, sorted},
	"uniq": {0, 0, uniq}, "compact": {0, 0, compact}, "map": {1, 1, mapped}, "where": {1, 2, where}, "concat": {1, 1, concat}, "sum": {0, 0, sum},
}

func filterNames() []string { return slices.Sorted(maps.Keys(filters)) }

func orDefault(in value, args []value) (value, error) {
	if !in.test() || in.isEmpty() {
		return args[0], nil
	}
	return in, nil
}

// toJSON keeps the text a JSON column came with, digit for digit.
func toJSON(in value, _ []value) (value, error) {
	if (in.kind == listKind || in.kind == mapKind) && in.text != "" {
		return text(in.text), nil
	}
	return text(string(in.appendJSON(nil))), nil
}
