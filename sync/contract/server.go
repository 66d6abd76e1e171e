package contract

import (
	"strings"

	"github.com/freshet/freshet/sync/model"
)

// Server is a place where the data stands. Which keys it may have depends on its type.
type Server struct {
	ID          string           `yaml:"id" odcs:"id"`
	Server      string           `yaml:"server" odcs:"required"`
	Type        string           `yaml:"type" odcs:"required"`
	Description string           `yaml:"description"`
	Environment string           `yaml:"environment"`
	Roles       []Role           `yaml:"roles"`
	Custom      []CustomProperty `yaml:"customProperties"`

	Account     string    `yaml:"account"`
	Catalog     string    `yaml:"catalog"`
	CatalogURL  string    `yaml:"catalogUrl"`
	Database    string    `yaml:"database"`
	Dataset     string    `yaml:"dataset"`
	Delimiter   string    `yaml:"delimiter"`
	Encoding    string    `yaml:"encoding" odcs:"since=3.2"`
	EndpointURL string    `yaml:"endpointUrl"`
	Format      string    `yaml:"format"`
	Host        string    `yaml:"host"`
	Location    string    `yaml:"location"`
	Namespace   string    `yaml:"namespace"`
	Path        string    `yaml:"path"`
	Port        Any       `yaml:"port" odcs:"port"`
	Project     string    `yaml:"project"`
	Region      string    `yaml:"region"`
	RegionName  string    `yaml:"regionName"`
	Schema      string    `yaml:"schema"`
	ServiceName string    `yaml:"serviceName"`
	StagingDir  string    `yaml:"stagingDir"`
	Stream      string    `yaml:"stream"`
	Warehouse   string    `yaml:"warehouse"`
	Workgroup   string    `yaml:"workgroup" odcs:"since=3.2"`
	Pos         model.Pos `yaml:"-"`
}

// serverKeys are the keys every server has.
var serverKeys = []string{"id", "server", "type", "description", "environment", "roles", "customProperties"}

// serverTypes lists for each type its own keys. "!" must be there; "~" must be there before version 3.2; a type with
// "3.2:" came with that version.
func serverTypes() map[string]string {
	return map[string]string{
		"api":         "location!",
		"athena":      "stagingDir~ schema! catalog regionName workgroup",
		"azure":       "location! format! delimiter encoding",
		"bigquery":    "project! dataset!",
		"btrieve":     "3.2: host! port database!",
		"clickhouse":  "host! port! database!",
		"cloudsql":    "host! port! database! schema!",
		"custom":      "account catalog database dataset delimiter encoding endpointUrl format host location path port project region regionName schema serviceName stagingDir warehouse stream",
		"databricks":  "host catalog! schema!",
		"db2":         "host! port! database! schema",
		"denodo":      "host! port! database",
		"dremio":      "host! port! schema",
		"duckdb":      "database! schema",
		"exasol":      "3.2: host! port schema",
		"fastobjects": "3.2: database! host port",
		"glue":        "account! database! location format encoding",
		"hana":        "3.2: host! port database schema",
		"hive":        "host! port database!",
		"iceberg":     "3.2: catalog! catalogUrl! namespace warehouse",
		"impala":      "host! port database!",
		"informix":    "host! port database!",
		"ingres":      "3.2: database! host! port",
		"kafka":       "host! format encoding",
		"kinesis":     "region format encoding",
		"local":       "path! format! encoding",
		"mysql":       "host! port! database!",
		"oracle":      "host! port! serviceName!",
		"poet":        "3.2: database! host port",
		"postgres":    "host! port! database! schema!",
		"postgresql":  "host! port! database! schema!",
		"presto":      "host! catalog schema",
		"pubsub":      "project!",
		"redshift":    "host database! schema! region account",
		"s3":          "location! endpointUrl format delimiter encoding",
		"sftp":        "location! format delimiter encoding",
		"snowflake":   "host port account! database! schema! warehouse",
		"sqlserver":   "host! port database! schema!",
		"synapse":     "host! port! database!",
		"teradata":    "3.2: host! port database",
		"trino":       "host! port! catalog! schema!",
		"vectorwise":  "3.2: database! host! port",
		"versant":     "3.2: database! host port",
		"vertica":     "host! port! database! schema!",
		"zen":         "host! port database!",
	}
}

// serverRule is what a type of server has.
type serverRule struct {
	keys, required []string
	later          bool // came with version 3.2
}

func serverRuleOf(name string, at version) (serverRule, bool) {
	text, ok := serverTypes()[name]
	text, later := strings.CutPrefix(text, "3.2: ")
	r := serverRule{later: later, keys: append([]string{}, serverKeys...)}
	for _, key := range strings.Fields(text) {
		plain := strings.TrimRight(key, "!~")
		r.keys = append(r.keys, plain)
		if strings.HasSuffix(key, "!") || strings.HasSuffix(key, "~") && at < v32 {
			r.required = append(r.required, plain)
		}
	}
	return r, ok
}
