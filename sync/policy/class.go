package policy

import (
	"slices"
	"strings"

	"github.com/freshet/freshet/sync/model"
)

// The classes of data. What is None needs no purpose to leave; what is Sensitive goes only where it names the destination.
const (
	Email     = "email"
	Phone     = "phone"
	Name      = "name"
	Address   = "address"
	Behaviour = "behaviour"
	Consent   = "consent"
	Sensitive = "sensitive"
	None      = "none"
)

// Classes are all of them, in the order of the documents.
func Classes() []string {
	return []string{Email, Phone, Name, Address, Behaviour, Consent, Sensitive, None}
}

// harmless says whether a class needs no purpose. A contract's word for it counts; any other word of a contract, such as
// internal or confidential, does not.
func harmless(class string) bool { return class == None || strings.EqualFold(class, "public") }

// Of is what people have said of a column. SQL knows a column by any case.
func Of(m model.Model, column string) model.FieldPolicy {
	if f, ok := m.Fields[column]; ok {
		return f
	}
	for name, f := range m.Fields {
		if strings.EqualFold(name, column) {
			return f
		}
	}
	return model.FieldPolicy{}
}

// Reviewed says whether a person has said all that is needed before a column may leave: its class and, where the class
// calls for it, what it may be used for.
func Reviewed(f model.FieldPolicy) bool {
	return f.Class != "" && (harmless(f.Class) || len(f.Purposes) > 0)
}

// fits says whether data with these purposes may go where data is for those: for every one of them.
func fits(allowed, wanted []string) bool {
	for _, purpose := range wanted {
		if !slices.Contains(allowed, purpose) {
			return false
		}
	}
	return len(wanted) > 0
}
