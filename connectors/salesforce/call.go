package salesforce

import (
	"context"
	"net/http"
	"time"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/httpcall"
)

// request is one call to the org; path is below the API's version, or from the root where it starts with a slash.
type request struct {
	method string
	path   string
	body   []byte
	csv    bool // body and reply are CSV
}

// call makes one call; a session that has ended is renewable once and the call, which Salesforce did not take, made
// again. A reply other than 2xx is a *connect.CallError.
func (d *destination) call(ctx context.Context, r request) (*httpcall.Reply, error) {
	token, err := d.session.tokens.Get(ctx)
	if err != nil {
		return nil, err
	}
	reply, err := d.once(ctx, r, token)
	if err == nil && reply.Status == http.StatusUnauthorized && d.session.renewable {
		if token, err = d.session.tokens.Refresh(ctx, token); err != nil {
			return nil, err
		}
		reply, err = d.once(ctx, r, token)
	}
	if err != nil {
		return nil, err
	}
	if failed := classify(reply, d.budget); failed != nil {
		return nil, failed
	}
	return reply, nil
}

func (d *destination) once(ctx context.Context, r request, token connect.Secret) (*httpcall.Reply, error) {
	client := d.calls
	header := http.Header{"Authorization": {"Bearer " + token.Reveal()}, "Accept": {"application/json"}}
	kind := ""
	if len(r.body) > 0 {
		kind = "application/json; charset=utf-8"
	}
	if r.csv {
		client = d.files
		header.Set("Accept", "text/csv")
		if len(r.body) > 0 {
			kind = "text/csv"
			header.Set("Accept", "application/json")
		}
	}
	reply, err := client.Do(ctx, httpcall.Request{Method: r.method, URL: d.address(r.path), Header: header, Body: r.body, ContentType: kind})
	if err == nil {
		d.budget.note(reply.Header, time.Now())
	}
	return reply, err
}

func (d *destination) address(path string) string {
	if path[0] == '/' {
		return d.session.address() + path
	}
	return d.session.address() + "/services/data/v" + d.version + "/" + path
}

// ask makes a call whose reply is JSON.
func (d *destination) ask(ctx context.Context, r request, answer any) error {
	reply, err := d.call(ctx, r)
	if err != nil {
		return err
	}
	return httpcall.JSON(reply, answer)
}
