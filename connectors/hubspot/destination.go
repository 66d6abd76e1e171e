package hubspot

import (
	"context"
	"sync"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/httpcall"
)

// destination is one HubSpot account.
type destination struct {
	config config
	http   *httpcall.Client
	tokens *httpcall.Tokens

	mu      sync.Mutex
	checked bool            // the account was found to be the one in the settings
	known   map[string]bool // objects that HubSpot has answered for
	unique  map[string]bool // "object property" that HubSpot keeps unique
}

var (
	_ connect.Destination = (*destination)(nil)
	_ connect.Limiter     = (*destination)(nil)
	_ connect.Prober      = (*destination)(nil)
	_ connect.Describer   = (*destination)(nil)
	_ connect.Reader      = (*destination)(nil)
	_ connect.Lister      = (*destination)(nil)
)

func open(_ context.Context, s connect.Settings) (connect.Destination, error) {
	c, err := parse(s)
	if err != nil {
		return nil, err
	}
	client, err := httpcall.New(httpcall.Options{})
	if err != nil {
		return nil, err
	}
	d := &destination{config: c, http: client, known: map[string]bool{}, unique: map[string]bool{}}
	d.tokens = httpcall.NewTokens(d.newToken)
	return d, nil
}

// Close lets go of the connections.
func (d *destination) Close() error {
	d.http.Close()
	return nil
}

// Limits are HubSpot's own for every verb but the deletion of contacts, which takes one contact a call.
func (d *destination) Limits(object string, verb connect.Verb, _ int) connect.Limits {
	l := limits(d.config.rate)
	if verb == connect.Delete && isContacts(object) {
		l.Rows = 1
	}
	return l
}
