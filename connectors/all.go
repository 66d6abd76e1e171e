// Package connectors is the catalogue: every connector that this program has, in one list.
//
// It must not know how any of them works.
package connectors

import (
	"github.com/freshet/freshet/connectors/duckdb"
	"github.com/freshet/freshet/connectors/files"
	"github.com/freshet/freshet/connectors/hubspot"
	"github.com/freshet/freshet/connectors/kafka"
	"github.com/freshet/freshet/connectors/salesforce"
	"github.com/freshet/freshet/connectors/webhook"
	"github.com/freshet/freshet/sync/connect"
)

// All lists every connector, sources first, each group by name.
func All() []connect.Driver {
	return []connect.Driver{
		duckdbsource.Driver(),
		files.Driver(),
		kafka.Driver(),
		hubspot.Driver(),
		salesforce.Driver(),
		webhook.Driver(),
	}
}
