package policy_test

import (
	"regexp"
	"testing"

	"github.com/freshet/freshet/sync/policy"
)

// TestShapesKnowTheirOwn: each pattern takes what people write and leaves what only looks a little like it.
func TestShapesKnowTheirOwn(t *testing.T) {
	yes := map[string][]string{
		"look like e-mail addresses":            {"a@example.com", " O'Neil+x@mail.example.co.uk ", "x_1@a-b.io"},
		"look like phone numbers":               {"+49 30 1234567", "0044 20 7946 0958", "(555) 234-5678", "555-234-5678", "+4915112345678"},
		"look like bank account numbers (IBAN)": {"DE89370400440532013000", "GB82 WEST 1234 5698 7654 32", "NO9386011117947"},
		"look like payment card numbers":        {"4111111111111111", "5500 0000 0000 0004", "3782-8224-6310-005"},
		"look like internet addresses (IP)":     {"192.168.0.1"},
		"have an e-mail address in them":        {"write to a@example.com, please", `{"mail":"a@example.com"}`},
	}
	no := map[string][]string{
		"look like e-mail addresses":            {"a@b", "@handle", "call a@example.com"},
		"look like phone numbers":               {"2024-01-02", "2024-01-02 10:00:00", "1234567890", "12.50", "10115"},
		"look like bank account numbers (IBAN)": {"SKU-1234", "AB12", "ABCDEFGH12345678"},
		"look like payment card numbers":        {"1234567812345678", "411111111111", "2024010212000000"},
		"look like internet addresses (IP)":     {"1.2.3", "2024.10.1"},
		"have an e-mail address in them":        {"meet @ five", "1@2"},
	}
	for _, s := range policy.Shapes() {
		re := regexp.MustCompile(s.Pattern)
		if len(yes[s.Says]) == 0 || len(no[s.Says]) == 0 {
			t.Errorf("nothing is tried of those that %s", s.Says)
		}
		for _, text := range yes[s.Says] {
			if !re.MatchString(text) {
				t.Errorf("%q does not %s", text, s.Says)
			}
		}
		for _, text := range no[s.Says] {
			if re.MatchString(text) {
				t.Errorf("%q is said to %s", text, s.Says)
			}
		}
	}
}

// TestTheMoreCarefulGuessCounts: of a name and of values.
func TestTheMoreCarefulGuessCounts(t *testing.T) {
	mail, inText := policy.Seen{Filled: 10, Like: []int64{9, 0, 0, 0, 0, 9}}, policy.Seen{Filled: 100, Like: []int64{2, 0, 0, 0, 0, 2}}
	for _, c := range []struct {
		column string
		seen   policy.Seen
		class  string
		values bool
	}{
		{"customer_id", mail, policy.Email, true},
		{"notes", mail, policy.Email, true},
		{"diagnosis", mail, policy.Sensitive, false},
		{"order_note", inText, policy.Sensitive, true},
		{"customer_id", policy.Seen{Filled: 10, Like: make([]int64, 6)}, policy.None, false},
		{"customer_id", policy.Seen{}, policy.None, false},
		{"colour", policy.Seen{}, policy.Sensitive, false},
	} {
		if g := policy.GuessOf(c.column, c.seen); g.Class != c.class || g.Values != c.values {
			t.Errorf("%s: %+v, want %s", c.column, g, c.class)
		}
	}
	g := policy.GuessOf("customer_id", mail)
	for class, want := range map[string]bool{policy.None: true, "public": true, policy.Behaviour: true, policy.Email: false, policy.Sensitive: false} {
		if policy.Doubted(class, g) != want {
			t.Errorf("values that look like e-mail addresses, said to be %s: doubted %v", class, !want)
		}
	}
}
