package demo

import (
	_ "embed"
	"os"
	"path/filepath"
	"strings"
)

//go:embed template/freshet.yaml
var template string

// The syncs of the workspace, in its order.
const (
	toCRM   = "customers_to_crm"
	toSales = "customers_to_sales"
	toHook  = "paying_to_hook"
)

// hookRows is the batch_size of the workspace: small, so that there is a middle to stop a run in.
const hookRows = 10

// EnvFile is the file beside freshet.yaml that gives a shell the receivers' secrets.
const EnvFile = "demo.env"

// writeWorkspace writes freshet.yaml and the file that gives a shell its secrets, which nobody else may read.
func (s *Story) writeWorkspace() error {
	text := strings.NewReplacer("{{hubspot}}", s.receivers.HubSpot.URL(), "{{salesforce}}", s.receivers.Salesforce.URL,
		"{{webhook}}", s.receivers.Webhook.URL()).Replace(template)
	path := filepath.Join(s.Dir, "freshet.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return unwritable(path, err)
	}
	var env strings.Builder
	for _, line := range s.receivers.environment() {
		env.WriteString("export " + line + "\n")
	}
	path = filepath.Join(s.Dir, EnvFile)
	if err := os.WriteFile(path, []byte(env.String()), 0o600); err != nil {
		return unwritable(path, err)
	}
	return nil
}

func (s *Story) warehouse() string { return filepath.Join(s.Dir, "warehouse.duckdb") }
