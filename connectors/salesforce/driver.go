// Package salesforce writes records to a Salesforce org: through sObject Collections for small changes and Bulk API
// 2.0 for large ones, matched by an external id.
//
// It must not know models, mappings, ledgers or schedules: it turns one batch of operations into the vendor's calls,
// and the vendor's replies into one outcome for each operation.
package salesforce

import (
	"context"
	"time"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/httpcall"
)

// Driver is the connector.
func Driver() connect.Driver {
	return connect.Driver{Spec: spec(), Destination: func(_ context.Context, s connect.Settings) (connect.Destination, error) {
		return open(s)
	}}
}

// destination is one org as one user sees it. It is safe for concurrent use.
type destination struct {
	session   *session
	calls     *httpcall.Client // everything that is small
	files     *httpcall.Client // bulk data and results
	version   string           // "67.0"
	budget    *budget
	schemas   *schemas
	bulkAbove int
	firstPoll time.Duration // how soon a bulk job is asked for its state; longer every time
	lastPoll  time.Duration // and how seldom at most
}

const (
	filesTimeout = 10 * time.Minute // for moving a job's data, whose size Limits.Bytes bounds
	filesBody    = 512 << 20        // a result file repeats the data and adds an id or an error to every row
)

func open(s connect.Settings) (*destination, error) {
	c, err := configure(s)
	if err != nil {
		return nil, err
	}
	calls, err := httpcall.New(httpcall.Options{Timeout: c.timeout, CAFile: c.caFile, MaxBody: 64 << 20})
	if err != nil {
		return nil, err
	}
	files, err := httpcall.New(httpcall.Options{Timeout: filesTimeout, Idle: time.Minute, MaxBody: filesBody, CAFile: c.caFile})
	if err != nil {
		return nil, err
	}
	d := &destination{session: newSession(c, calls), calls: calls, files: files, version: c.version, bulkAbove: c.bulkAbove,
		budget: newBudget(c.reserve), schemas: newSchemas(), firstPoll: time.Second, lastPoll: 15 * time.Second}
	return d, nil
}

// Close lets go of the connections.
func (d *destination) Close() error {
	d.calls.Close()
	d.files.Close()
	return nil
}
