package config

import "strings"

// expansion is a text with its ${NAME} references read from the environment.
type expansion struct {
	text    string
	used    bool     // at least one reference was there
	missing []string // names that are not set
	broken  bool     // a "${" that is neither ${NAME} nor escaped
}

// expand reads ${NAME} from the environment; $${ is a plain ${.
func expand(text string, getenv func(string) (string, bool)) expansion {
	var e expansion
	var out strings.Builder
	for {
		i := strings.Index(text, "${")
		if i < 0 {
			break
		}
		if i > 0 && text[i-1] == '$' {
			out.WriteString(text[:i-1] + "${")
			text = text[i+2:]
			continue
		}
		out.WriteString(text[:i])
		name, rest, closed := strings.Cut(text[i+2:], "}")
		if !closed || !variable(name) {
			e.broken = true
			out.WriteString("${")
			text = text[i+2:]
			continue
		}
		e.used = true
		found, ok := getenv(name)
		if !ok {
			e.missing = append(e.missing, name)
		}
		out.WriteString(found)
		text = rest
	}
	e.text = out.String() + text
	return e
}

func variable(name string) bool {
	for i, r := range name {
		letter := r == '_' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return name != ""
}
