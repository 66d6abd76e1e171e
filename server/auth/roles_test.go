package auth

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// TestThePageHasTheTable: docs/ACCESS.md tells every row of the table, and no other.
func TestThePageHasTheTable(t *testing.T) {
	page, err := os.ReadFile("../../docs/ACCESS.md")
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	for _, op := range Operations {
		want.WriteString("| `" + op.ID + "`")
		if op.Whole {
			want.WriteString(" *")
		}
		for _, role := range Roles {
			want.WriteString(" | " + map[bool]string{true: "yes", false: ""}[slices.Contains(op.For, role)])
		}
		want.WriteString(" |\n")
	}
	_, found, _ := strings.Cut(string(page), "|---|---|---|---|---|---|\n")
	found, _, _ = strings.Cut(found, "\n\n")
	if found+"\n" != want.String() {
		t.Errorf("docs/ACCESS.md should have\n%s", want.String())
	}
}

// TestNobodyKnowsNothing: no role is no right, and so is an operation that is in no table.
func TestNobodyKnowsNothing(t *testing.T) {
	for _, op := range Operations {
		if (Principal{}).May(op.ID) == nil {
			t.Errorf("%s is for somebody without a role", op.ID)
		}
	}
	if (Principal{Role: Admin}).May("erase-everything") == nil {
		t.Error("an operation that nobody has decided about was allowed")
	}
}
