package demo

import "testing"

// TestCompare: the comparison sees every way in which a receiver can differ from the warehouse.
func TestCompare(t *testing.T) {
	e := expectation{fields: []expectedField{{name: "email"}, {name: "phone"}}}
	want := []row{{"1", []string{"a@example.com", ""}}, {"2", []string{"b@example.com", "007"}}}
	one := held{"1", map[string]string{"email": "a@example.com"}}
	two := held{"2", map[string]string{"email": "b@example.com", "phone": "007"}}
	for name, c := range map[string]struct {
		have []held
		want Finding
	}{
		"as it should be":       {[]held{two, one}, Finding{Records: 2, Values: 4}},
		"lost":                  {[]held{one}, Finding{Records: 1, Values: 2, Lost: 1, First: "record 2 is not there"}},
		"doubled":               {[]held{one, two, two}, Finding{Records: 3, Values: 4, Doubled: 1, First: "record 2 is there twice"}},
		"somebody else":         {[]held{one, two, {"3", nil}}, Finding{Records: 3, Values: 4, Foreign: 1, First: "record 3 should not be there"}},
		"a leading zero eaten":  {[]held{one, {"2", map[string]string{"email": "b@example.com", "phone": "7"}}}, Finding{Records: 2, Values: 4, Different: 1, First: "record 2: its phone is not what the warehouse says"}},
		"a value missing":       {[]held{one, {"2", map[string]string{"email": "b@example.com"}}}, Finding{Records: 2, Values: 4, Different: 1, First: "record 2: its phone is not what the warehouse says"}},
		"a field nobody mapped": {[]held{{"1", map[string]string{"email": "a@example.com", "x": "y"}}, two}, Finding{Records: 2, Values: 4, Different: 1, First: "record 1: its set of fields is not what the warehouse says"}},
	} {
		c.want.Receiver, c.want.Expected = "r", 2
		got := compare("r", e, want, c.have)
		if got != c.want {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
		if got.holds() != (name == "as it should be") {
			t.Errorf("%s: holds is %v", name, got.holds())
		}
	}
}
