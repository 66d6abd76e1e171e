package policy

import (
	"cmp"
	"regexp"
	"strings"

	"github.com/freshet/freshet/sync/model"
)

// hints are what names of columns tell; the first that fits counts. They propose, a person decides: the careful class
// comes before the harmless one.
var hints = []struct {
	class string
	words *regexp.Regexp
}{
	{Sensitive, hint("ssn|iban|passport|diagnos|health|medical|religi|ethnic|salary|credit_?card|card_?number|tax_?id")},
	{Consent, hint("consent|opt_?(in|out)|unsubscribed|newsletter|granted|gdpr")},
	{Email, hint("e_?mail")},
	{Phone, hint("phone|mobile|msisdn|fax|whatsapp")},
	{Address, hint("address|street|city|town|zip|post_?(al_?)?code|postcode|latitude|longitude|(^|_)ip($|_)")},
	{Name, hint("^name$|(first|last|full|middle|given|family|maiden|nick)_?name|surname|(^|_)dob($|_)|birth")},
	{Behaviour, hint("order|purchase|cart|visit|click|event|session|ltv|revenue|spent|amount|score|segment|last_|_at$|^plan$|tier")},
	{None, hint("^id$|_id$|^key$|^nr$")},
}

func hint(words string) *regexp.Regexp { return regexp.MustCompile("(?i)" + words) }

// ClassOf proposes a class by a column's name; Sensitive, the most careful, where the name tells nothing.
func ClassOf(column string) string { return cmp.Or(hinted(column), Sensitive) }

// hinted is the class that a name tells; "" where it tells nothing.
func hinted(column string) string {
	for _, h := range hints {
		if h.words.MatchString(column) {
			return h.class
		}
	}
	return ""
}

// Proposal is YAML to paste, for a person to look over: a class, and for purposes those of a destination.
func Proposal(column string, f model.FieldPolicy, purposes []string) string {
	return Words(cmp.Or(f.Class, ClassOf(column)), purposes)
}

// Words are YAML for what a column is.
func Words(class string, purposes []string) string {
	if harmless(class) {
		return "{class: " + class + "}"
	}
	return "{class: " + class + ", purposes: [" + cmp.Or(strings.Join(purposes, ", "), "PURPOSE") + "]}"
}
