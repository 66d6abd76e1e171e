package deliver

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/model"
)

const (
	shortest = 3 // shorter values are too common a text to be taken out
	anywhere = 6 // values this long are taken out even inside a word; shorter ones only where they stand alone
)

var email = regexp.MustCompile(`[\p{L}\p{N}._%+'-]+@[\p{L}\p{N}.-]+\.\p{L}{2,}`)

// Scrub takes the row's own values, and anything that looks like an e-mail address, out of a vendor's message and puts
// the field's name in their place, so that the message can be kept and shown: "‹email› is not valid".
// Guarantee G9: no row values in messages.
func Scrub(message string, op connect.Operation) string {
	if message == "" {
		return ""
	}
	for _, f := range secrets(op) {
		message = replace(message, f.Value.Text, "‹"+f.Name+"›")
	}
	return email.ReplaceAllString(message, "‹e-mail›")
}

// secrets lists what may not stay, longest first: a part of a value must not be replaced before the whole.
func secrets(op connect.Operation) []model.Field {
	all := slices.Concat(op.Match, op.PriorMatch, op.Fields)
	all = append(all, model.Field{Name: "key", Value: model.Text(string(op.Key))})
	all = slices.DeleteFunc(all, func(f model.Field) bool {
		return len(f.Value.Text) < shortest || f.Value.Kind == model.Bool
	})
	slices.SortStableFunc(all, func(a, b model.Field) int { return cmp.Compare(len(b.Value.Text), len(a.Value.Text)) })
	return all
}

func replace(message, value, name string) string {
	message = replaceText(message, value, name)
	if lower := strings.ToLower(value); lower != value {
		message = replaceText(message, lower, name)
	}
	return message
}

func replaceText(message, value, name string) string {
	if len(value) >= anywhere {
		return strings.ReplaceAll(message, value, name)
	}
	var out strings.Builder
	for {
		i := strings.Index(message, value)
		if i < 0 {
			out.WriteString(message)
			return out.String()
		}
		end := i + len(value)
		out.WriteString(message[:i])
		if alone(message, i, end) {
			out.WriteString(name)
		} else {
			out.WriteString(value)
		}
		message = message[end:]
	}
}

func alone(s string, from, to int) bool {
	before, _ := utf8.DecodeLastRuneInString(s[:from])
	after, _ := utf8.DecodeRuneInString(s[to:])
	return !wordly(before) && !wordly(after)
}

func wordly(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
