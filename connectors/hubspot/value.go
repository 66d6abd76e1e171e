package hubspot

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/freshet/freshet/sync/model"
)

var errSeparator = errors.New("an element of the list holds a semicolon, which HubSpot takes for the end of the element")

// text is a value as HubSpot takes it: everything is text, and empty text clears.
func text(v model.Value) (string, error) {
	switch v.Kind {
	case model.Null:
		return "", nil
	case model.Timestamp:
		return v.Text + "Z", nil
	case model.JSON:
		return joined(v.Text)
	default:
		return v.Text, nil
	}
}

// joined writes a list of plain values as HubSpot's multiple choice, "a;b". Other JSON stays JSON. Empty elements are
// dropped: a leading semicolon would mean "add to what is there".
func joined(raw string) (string, error) {
	var list []json.RawMessage
	if json.Unmarshal([]byte(raw), &list) != nil || list == nil {
		return raw, nil
	}
	parts := make([]string, 0, len(list))
	for _, element := range list {
		part, plain := scalar(element)
		switch {
		case !plain:
			return raw, nil
		case strings.Contains(part, ";"):
			return "", errSeparator
		case part != "":
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ";"), nil
}

// scalar is the text of a JSON text, number or truth; null is empty.
func scalar(element json.RawMessage) (part string, plain bool) {
	switch element[0] {
	case '{', '[':
		return "", false
	case '"':
		err := json.Unmarshal(element, &part)
		return part, err == nil
	case 'n':
		return "", true
	default:
		return string(element), true
	}
}

// folded is a match value as records are compared: HubSpot lowers e-mail addresses and trims them.
func folded(value string) string { return strings.ToLower(strings.TrimSpace(value)) }
