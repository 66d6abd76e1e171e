package contract_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/freshet/freshet/sync/contract"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestTypeChanges(t *testing.T) {
	cases := []struct{ was, now, want string }{
		{"INTEGER", "BIGINT", "widened"}, {"BIGINT", "INTEGER", "narrowed"}, {"INTEGER", "INT4", "same"}, {"UINTEGER", "INTEGER", "changed"},
		{"UINTEGER", "BIGINT", "widened"}, {"UHUGEINT", "HUGEINT", "changed"}, {"HUGEINT", "BIGNUM", "widened"}, {"INTEGER", "UBIGINT", "changed"},
		{"DECIMAL(10,2)", "DECIMAL(12,2)", "widened"}, {"DECIMAL(10,2)", "DECIMAL(12,4)", "widened, rewritten"}, {"DECIMAL(10,2)", "DECIMAL(11,4)", "changed"},
		{"DECIMAL(12,2)", "DECIMAL(10,2)", "narrowed"}, {"DECIMAL", "DECIMAL(18,3)", "same"}, {"NUMERIC(10, 2)", "DECIMAL(10,2)", "same"},
		{"INTEGER", "DECIMAL(12,2)", "widened, rewritten"}, {"INTEGER", "DECIMAL(10,0)", "widened"}, {"BIGINT", "DECIMAL(18,0)", "changed"},
		{"FLOAT", "DOUBLE", "widened, rewritten"}, {"DOUBLE", "FLOAT", "narrowed"}, {"INTEGER", "DOUBLE", "widened, rewritten"}, {"BIGINT", "DOUBLE", "changed"},
		{"DECIMAL(10,2)", "DOUBLE", "changed"}, {"DATE", "TIMESTAMP", "widened, rewritten"}, {"TIMESTAMP", "DATE", "narrowed"},
		{"TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "changed"}, {"TIMESTAMP_S", "TIMESTAMP", "widened"}, {"TIME", "TIME_NS", "widened"},
		{"VARCHAR(10)", "VARCHAR(20)", "widened"}, {"VARCHAR(20)", "VARCHAR(10)", "narrowed"}, {"VARCHAR(20)", "VARCHAR", "widened"}, {"VARCHAR", "VARCHAR(20)", "narrowed"},
		{"VARCHAR", "INTEGER", "changed"}, {"INTEGER", "VARCHAR", "changed"}, {"UUID", "VARCHAR", "widened"}, {"ENUM('a', 'b')", "VARCHAR", "widened"},
		{"STRUCT(a INTEGER)", "JSON", "widened, rewritten"}, {"STRUCT(a INTEGER)", "STRUCT(A INTEGER)", "changed"}, {"BOOLEAN", "INTEGER", "changed"},
		{"varchar", "TEXT", "same"}, {"TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE", "same"},
	}
	names := map[contract.Retype]string{contract.SameType: "same", contract.Widened: "widened", contract.Narrowed: "narrowed", contract.Retyped: "changed"}
	for _, c := range cases {
		change, rewritten := contract.TypeChange(c.was, c.now)
		got := names[change]
		if rewritten {
			got += ", rewritten"
		}
		if got != c.want {
			t.Errorf("%s to %s: %s, want %s", c.was, c.now, got, c.want)
		}
	}
}

// anyType draws a type name, with digits where it has some.
func anyType(t *rapid.T, label string) string {
	plain := []string{"BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT",
		"UHUGEINT", "BIGNUM", "FLOAT", "DOUBLE", "VARCHAR", "UUID", "BLOB", "DATE", "TIME", "TIME_NS", "TIMESTAMP", "TIMESTAMP_S",
		"TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE", "INTERVAL", "JSON", "ENUM('a')", "STRUCT(a INTEGER)", "INTEGER[]", "DECIMAL", "VARCHAR(n)", "DECIMAL(p,s)"}
	switch name := rapid.SampledFrom(plain).Draw(t, label); name {
	case "VARCHAR(n)":
		return fmt.Sprintf("VARCHAR(%d)", rapid.IntRange(1, 50).Draw(t, "n"))
	case "DECIMAL(p,s)":
		p := rapid.IntRange(1, 38).Draw(t, "p")
		return fmt.Sprintf("DECIMAL(%d,%d)", p, rapid.IntRange(0, p).Draw(t, "s"))
	default:
		return name
	}
}

// TestWideningIsAnOrder: every type is itself; what is widened twice is widened; two types that are not the same are not
// each wider than the other; and narrowing is widening seen from the other side.
func TestWideningIsAnOrder(t *testing.T) {
	holds := func(a, b string) bool {
		change, _ := contract.TypeChange(a, b)
		return change == contract.SameType || change == contract.Widened
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := anyType(t, "a"), anyType(t, "b"), anyType(t, "c")
		if change, _ := contract.TypeChange(a, a); change != contract.SameType {
			t.Fatalf("%s is not itself", a)
		}
		if holds(a, b) && holds(b, c) && !holds(a, c) {
			t.Fatalf("%s widens to %s, that to %s, and %s does not widen to it", a, b, c, a)
		}
		ab, _ := contract.TypeChange(a, b)
		ba, _ := contract.TypeChange(b, a)
		if (ab == contract.Widened) != (ba == contract.Narrowed) || (ab == contract.SameType) != (ba == contract.SameType) || (ab == contract.Retyped) != (ba == contract.Retyped) {
			t.Fatalf("%s to %s: %d, and back: %d", a, b, ab, ba)
		}
	})
}

func TestCompare(t *testing.T) {
	known := []contract.Known{
		{Name: "id", Type: "BIGINT", Required: true, Key: true, Uses: []string{"syncs.crm", "models.active"}},
		{Name: "email_address", Type: "VARCHAR", Uses: []string{"syncs.crm"}},
		{Name: "plan", Type: "VARCHAR(20)", Uses: []string{"syncs.crm", "syncs.ads", "syncs.crm"}},
		{Name: "ltv", Type: "DECIMAL(10,2)", Uses: []string{"syncs.ads"}},
		{Name: "note", Type: "VARCHAR"},
		{Name: "notes", Type: "VARCHAR"},
		{Name: "age", Type: "INTEGER", Required: true, Uses: []string{"syncs.ads"}},
	}
	now := []contract.Incoming{
		{Name: "ID", Type: "BIGINT", Required: true, Key: true},
		{Name: "email_addres", Type: "VARCHAR"},
		{Name: "plan", Type: "VARCHAR(10)"},
		{Name: "ltv", Type: "DECIMAL(14,2)"},
		{Name: "age", Type: "VARCHAR"},
		{Name: "notes", Type: "VARCHAR"},
		{Name: "city", Type: "VARCHAR", Required: true},
	}
	var got []string
	for _, v := range contract.Compare(known, now) {
		got = append(got, strings.TrimRight(fmt.Sprintf("%s %s %v %s", v.Change, v.Column, v.Holds, v.RenamedTo), " "))
		if v.Message == "" || v.Remedy == "" {
			t.Errorf("%+v says too little", v)
		}
	}
	want := []string{"dropped email_address [syncs.crm] email_addres", "type_narrowed plan [syncs.ads syncs.crm]", "type_widened ltv []",
		"dropped note []", "type_changed age [syncs.ads]", "became_optional age []", "added email_addres []", "added_required city []"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	verdicts := contract.Compare(known, append([]contract.Incoming{{Name: "email_address", Type: "VARCHAR", Key: true}}, now[0]))
	if v := verdicts[0]; v.Change != contract.KeyChanged || !slices.Equal(v.Holds, []string{"models.active", "syncs.ads", "syncs.crm"}) {
		t.Errorf("%+v", v)
	}
}

// anySchema draws columns with distinct names.
func anySchema(t *rapid.T, label string) []contract.Known {
	names := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"id", "email", "e_mail", "plan", "plans", "ltv", "age"}), 0, 6, rapid.ID).Draw(t, label)
	columns := make([]contract.Known, len(names))
	for i, name := range names {
		columns[i] = contract.Known{Name: name, Type: anyType(t, "type"), Required: rapid.Bool().Draw(t, "required"), Key: name == "id",
			Uses: rapid.SliceOfN(rapid.SampledFrom([]string{"syncs.a", "syncs.b", "models.c"}), 0, 3).Draw(t, "uses")}
	}
	return columns
}

func incoming(known []contract.Known) (now []contract.Incoming) {
	for _, k := range known {
		now = append(now, contract.Incoming{Name: k.Name, Type: k.Type, Required: k.Required, Key: k.Key})
	}
	return now
}

// TestCompareHoldsWhatItHasTo: a schema suits itself; only those that use a column are held by it, and by nothing but a
// column that is gone, of another type or in the key; the order of the columns means nothing.
func TestCompareHoldsWhatItHasTo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		was, is := anySchema(t, "was"), anySchema(t, "is")
		if verdicts := contract.Compare(was, incoming(was)); len(verdicts) > 0 {
			t.Fatalf("a schema does not suit itself: %+v", verdicts)
		}
		verdicts := contract.Compare(was, incoming(is))
		for _, v := range verdicts {
			stops := slices.Contains([]contract.Change{contract.Dropped, contract.TypeChanged, contract.TypeNarrowed, contract.KeyChanged}, v.Change)
			at := slices.IndexFunc(was, func(k contract.Known) bool { return k.Name == v.Column })
			used := v.Change == contract.KeyChanged || at >= 0 && len(was[at].Uses) > 0
			if len(v.Holds) > 0 && !stops || v.Change != contract.KeyChanged && stops && used != (len(v.Holds) > 0) {
				t.Fatalf("%+v", v)
			}
		}
		for i, k := range was {
			at := slices.IndexFunc(is, func(n contract.Known) bool { return n.Name == k.Name })
			gone := slices.ContainsFunc(verdicts, func(v contract.Verdict) bool { return v.Change == contract.Dropped && v.Column == k.Name })
			if (at < 0) != gone {
				t.Fatalf("column %d, %s: dropped is %t", i, k.Name, gone)
			}
		}
		turned := incoming(is)
		slices.Reverse(turned)
		if contract.Held(verdicts) != contract.Held(contract.Compare(was, turned)) {
			t.Fatal("the order of the columns matters")
		}
	})
}

func TestEveryModeIsExplained(t *testing.T) {
	for _, mode := range []string{"NONE", "BACKWARD", "BACKWARD_TRANSITIVE", "FORWARD", "FORWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE"} {
		a, ok := contract.Advise(mode)
		transitive := strings.HasSuffix(mode, "D_TRANSITIVE") && !strings.HasPrefix(mode, "FOR") || mode == "FULL_TRANSITIVE"
		if !ok || a.Says == "" || (a.Level == "ok") != transitive || (a.Level == "refuse") != (mode == "NONE") {
			t.Errorf("%s: %+v", mode, a)
		}
	}
	if _, ok := contract.Advise("backward"); ok {
		t.Error("a mode has a second name")
	}
}
