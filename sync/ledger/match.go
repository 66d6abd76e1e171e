package ledger

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/freshet/freshet/sync/model"
)

// encodeMatch writes match values as a JSON array of [name, kind, text], null where there are none: unlike the payload
// it must give back the very values, kinds and all.
func encodeMatch(f model.Fields) driver.Value {
	if len(f) == 0 {
		return nil
	}
	dst := []byte{'['}
	for i, field := range f {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(model.AppendQuoted(append(dst, '['), field.Name), ',')
		dst = append(strconv.AppendUint(dst, uint64(field.Value.Kind), 10), ',')
		dst = append(model.AppendQuoted(dst, field.Value.Text), ']')
	}
	return string(append(dst, ']'))
}

func decodeMatch(text string) (model.Fields, error) {
	if text == "" {
		return nil, nil
	}
	var raw [][3]json.RawMessage
	if err := json.Unmarshal([]byte(text), &raw); err != nil {
		return nil, fmt.Errorf("reading kept match values: %w", err)
	}
	f := make(model.Fields, len(raw))
	for i, r := range raw {
		for j, into := range []any{&f[i].Name, &f[i].Value.Kind, &f[i].Value.Text} {
			if err := json.Unmarshal(r[j], into); err != nil {
				return nil, fmt.Errorf("reading kept match values: %w", err)
			}
		}
	}
	return f, nil
}
