package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/freshet/freshet/sync/connect"
)

const header = "<!-- Generated from the connector's Spec by build/docgen: change that, not this. -->\n\n"

func index(drivers []connect.Driver) []byte {
	var b strings.Builder
	b.WriteString(header + "# Connectors\n\n| Type | Connector | Reads | Writes | |\n| --- | --- | --- | --- | --- |\n")
	for _, d := range drivers {
		fmt.Fprintf(&b, "| `%s` | [%s](%s.md) | %s | %s | %s |\n", d.Spec.Type, d.Spec.Title, d.Spec.Type,
			yes(d.Source != nil), yes(d.Destination != nil), cell(d.Spec.Summary))
	}
	b.WriteString("\n" + classes)
	return []byte(b.String())
}

// classes explains the guarantee classes that every page names.
const classes = `## What a repeat can do

After a call whose outcome nobody saw, Freshet has to repeat it or leave it. Each operation has a class that says what a
repeat can do:

| Class | Meaning |
| --- | --- |
| A | Idempotent: repeating it changes nothing. |
| B | It carries an idempotency key that the receiver honours. |
| C | It can be read back, and is, before it is repeated. |
| D | Best effort: a repeat may double it. |
`

func page(d connect.Driver) []byte {
	var b strings.Builder
	s := d.Spec
	fmt.Fprintf(&b, "%s# %s\n\n%s\n", header, s.Title, s.Summary)
	if s.Vendor != "" {
		fmt.Fprintf(&b, "\nThe vendor's own documentation: <%s>\n", s.Vendor)
	}
	example(&b, d)
	settings(&b, s.Settings)
	if d.Destination != nil {
		objects(&b, s)
	}
	if len(s.Notes) > 0 {
		b.WriteString("\n## Good to know\n")
		for _, n := range s.Notes {
			fmt.Fprintf(&b, "\n%s\n", n)
		}
	}
	return []byte(b.String())
}

// example shows the least that has to be written; the other settings that people commonly need stand as comments. Where
// nothing is required there are several ways to sign in, and which of them is theirs to choose.
func example(b *strings.Builder, d connect.Driver) {
	section := "destinations"
	if d.Destination == nil {
		section = "sources"
	}
	fmt.Fprintf(b, "\n```yaml\n%s:\n  my_%s:\n    type: %s\n", section, strings.ReplaceAll(d.Spec.Type, "-", "_"), d.Spec.Type)
	needs := slices.ContainsFunc(d.Spec.Settings, func(s connect.Setting) bool { return s.Required })
	if !needs {
		b.WriteString("    # which of these you need depends on how you sign in: see below\n")
	}
	for _, s := range d.Spec.Settings {
		switch {
		case s.Required:
			fmt.Fprintf(b, "    %s: %s\n", s.Name, sample(s))
		case !s.Advanced && (s.Example != "" || !needs && s.Default == ""):
			fmt.Fprintf(b, "    # %s: %s\n", s.Name, sample(s))
		}
	}
	b.WriteString("```\n")
}

func sample(s connect.Setting) string {
	switch {
	case s.Kind == connect.SecretSetting && strings.HasPrefix(s.Example, "${"):
		return `"` + s.Example + `"`
	case s.Kind == connect.SecretSetting:
		return `"${` + strings.ToUpper(s.Name) + `}"`
	case s.Example != "" && (s.Kind == connect.MapSetting || s.Kind == connect.ListSetting):
		return s.Example
	case s.Example != "" && strings.ContainsAny(s.Example, ":#{}[],&*!|>'\"%@`"):
		return `"` + strings.ReplaceAll(s.Example, `"`, `\"`) + `"`
	case s.Example != "":
		return s.Example
	case s.Default != "":
		return s.Default
	case len(s.Choices) > 0:
		return s.Choices[0]
	default:
		return "…"
	}
}

func settings(b *strings.Builder, all []connect.Setting) {
	b.WriteString("\n## Settings\n\n| Setting | Kind | Without it | What it does |\n| --- | --- | --- | --- |\n")
	for _, advanced := range []bool{false, true} {
		for _, s := range all {
			if s.Advanced == advanced {
				fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", s.Name, cell(kindOf(s)), cell(without(s)), cell(s.Help))
			}
		}
	}
}

func without(s connect.Setting) string {
	switch {
	case s.Default != "":
		return "`" + s.Default + "`"
	case s.Required:
		return "required"
	default:
		return ""
	}
}

func kindOf(s connect.Setting) string {
	names := [...]string{"text", "secret", "address", "path", "whole number", "true or false", "span of time", "choice", "mapping", "list"}
	if s.Kind == connect.ChoiceSetting {
		return "`" + strings.Join(s.Choices, "`, `") + "`"
	}
	return names[s.Kind]
}

func objects(b *strings.Builder, s connect.Spec) {
	b.WriteString("\n## Objects\n")
	for _, o := range s.Objects {
		name := "`" + o.Name + "`"
		if o.Name == "*" {
			name = "Any other name"
			if len(s.Objects) == 1 {
				name = "Any name"
			}
		}
		fmt.Fprintf(b, "\n### %s\n\n%s. %s\n\n", name, o.Title, match(o.Match))
		b.WriteString("| Operation | Class | What it does here |\n| --- | --- | --- |\n")
		for _, a := range o.Verbs {
			fmt.Fprintf(b, "| %s | %s | %s |\n", a.Verb, a.Guarantee, cell(a.Meaning))
		}
		if l := limits(o.Limits); l != "" {
			fmt.Fprintf(b, "\nLimits: %s.\n", l)
		}
	}
	b.WriteString("\nThe classes are explained in the [index](README.md#what-a-repeat-can-do).\n")
}

func match(m connect.MatchRule) string {
	var parts []string
	switch {
	case m.Need && m.Single:
		parts = append(parts, "A sync needs `match` with exactly one field.")
	case m.Need:
		parts = append(parts, "A sync needs `match`.")
	case m.Single:
		parts = append(parts, "`match` has at most one field.")
	}
	if len(m.Fields) > 0 {
		parts = append(parts, "It can be `"+strings.Join(m.Fields, "`, `")+"`.")
	}
	if m.Fold {
		parts = append(parts, "Values are compared without regard to case and to space around them.")
	}
	if m.Meaning != "" {
		parts = append(parts, m.Meaning)
	}
	return strings.Join(parts, " ")
}

func limits(l connect.Limits) string {
	var parts []string
	add := func(n int, format string) {
		if n > 0 {
			parts = append(parts, fmt.Sprintf(format, n))
		}
	}
	add(l.Rows, "%d records a call")
	add(l.Bytes, "%d bytes a call")
	add(l.Concurrency, "%d calls at once")
	if l.Calls > 0 {
		parts = append(parts, fmt.Sprintf("%d calls in %s, shared by every sync of the account", l.Calls, span(l.Per)))
	}
	return strings.Join(parts, ", ")
}

func span(d time.Duration) string {
	if d%time.Second == 0 && d < 2*time.Minute {
		return fmt.Sprintf("%d s", int(d.Seconds()))
	}
	return d.String()
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return ""
}

// cell keeps text inside one cell of a table.
func cell(s string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ").Replace(s)
}
