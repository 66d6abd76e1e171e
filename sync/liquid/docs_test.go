package liquid

import (
	"os"
	"strings"
	"testing"
)

// TestDocumented: the page for people names every filter and every tag there is.
func TestDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/MAPPING.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(filterNames(), tags...) {
		if !strings.Contains(string(page), "`"+name+"`") {
			t.Errorf("docs/MAPPING.md does not name %s", name)
		}
	}
}
