package connect

import (
	"fmt"
	"log/slog"
	"strconv"
	"time"
)

// Secret is text that never prints: every formatting, JSON and logging verb shows dots. Reveal is the one way out.
// Guarantee G25.
type Secret struct{ text string }

// NewSecret keeps a secret.
func NewSecret(text string) Secret { return Secret{text: text} }

const dots = "••••••"

// Reveal gives the secret itself, for the one place that sends it.
func (s Secret) Reveal() string { return s.text }

// Empty says whether nothing was set.
func (s Secret) Empty() bool { return s.text == "" }

func (s Secret) String() string               { return dots }
func (s Secret) GoString() string             { return dots }
func (s Secret) Format(f fmt.State, _ rune)   { _, _ = f.Write([]byte(dots)) }
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + dots + `"`), nil }
func (s Secret) MarshalText() ([]byte, error) { return []byte(dots), nil }
func (s Secret) LogValue() slog.Value         { return slog.StringValue(dots) }

// Settings are the validated values of a connector's Spec.Settings: defaults filled in, kinds checked, paths absolute.
type Settings struct {
	Name    string // the source's or destination's name in the workspace
	Values  map[string]string
	Secrets map[string]Secret
	Maps    map[string]map[string]any // MapSetting: text, or nested map[string]any
	Lists   map[string][]string
}

// Text gives a text, URL, path or choice; "" where it is not set.
func (s Settings) Text(name string) string { return s.Values[name] }

// Secret gives a secret.
func (s Settings) Secret(name string) Secret { return s.Secrets[name] }

// Integer gives a whole number, 0 where it is not set.
func (s Settings) Integer(name string) int {
	n, _ := strconv.Atoi(s.Values[name])
	return n
}

// Boolean gives a truth, false where it is not set.
func (s Settings) Boolean(name string) bool { return s.Values[name] == "true" }

// Duration gives a span of time, 0 where it is not set.
func (s Settings) Duration(name string) time.Duration {
	d, _ := time.ParseDuration(s.Values[name])
	return d
}

// Map gives a mapping, nil where it is not set.
func (s Settings) Map(name string) map[string]any { return s.Maps[name] }
