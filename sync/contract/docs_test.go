package contract_test

import (
	"os"
	"strings"
	"testing"

	"github.com/freshet/freshet/sync/contract"
	"github.com/freshet/freshet/sync/model"
)

func page(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/CONTRACTS.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestTheExampleOfTheDocuments can be read, and does what its words say.
func TestTheExampleOfTheDocuments(t *testing.T) {
	_, rest, _ := strings.Cut(page(t), "## An example\n\n```yaml\n")
	example, _, _ := strings.Cut(rest, "```")
	c, err := contract.Read("example.yaml", []byte(example))
	if err != nil {
		t.Fatal(err)
	}
	checks, err := contract.Compile(c, &c.Schema[0])
	if err != nil {
		t.Fatal(err)
	}
	if checks.Owner != "ann@example.com" || checks.Promise.Latency.Hours() != 4 || len(checks.Set) != 3 || len(checks.Warnings) > 0 {
		t.Errorf("%+v", checks)
	}
	row := model.Fields{{Name: "email", Value: model.Text("a@b.cd")}, {Name: "id", Value: model.Integer(1)}, {Name: "plan", Value: model.Text("gold")}}
	if broken := checks.Row(row); len(broken) != 1 || broken[0].Code != contract.CodeValue {
		t.Errorf("%v", broken)
	}
}

// TestTheDocumentsNameEverything: every code, custom property and compatibility mode stands in the page, with what it
// says.
func TestTheDocumentsNameEverything(t *testing.T) {
	text := page(t)
	names := []string{contract.CodeRequired, contract.CodeType, contract.CodeLength, contract.CodePattern, contract.CodeRange,
		contract.CodeMultiple, contract.CodeFormat, contract.CodeValue, "freshet.class", "freshet.purposes", "freshet.approvedDestinations",
		"freshet.consentBasis", "freshet.masking", "freshet.placeholder", "freshet.versionColumn"}
	for _, name := range names {
		if !strings.Contains(text, "`"+name+"`") {
			t.Errorf("docs/CONTRACTS.md does not name %s", name)
		}
	}
	for _, a := range contract.Modes() {
		row := "| `" + a.Mode + "` | " + a.NewMay + " | " + a.Compares + " | " + a.Level + "; " + a.Says + " |"
		if !strings.Contains(text, row) {
			t.Errorf("docs/CONTRACTS.md does not have the row\n%s", row)
		}
	}
}
