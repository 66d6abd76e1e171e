package run

import (
	"context"
	"time"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/ledger"
	"github.com/freshet/freshet/sync/model"
)

// unsure is what is known of the rows of a call that is given up and that nobody saw the end of: they are to be sent
// again, and to the record that the call may have made. Where it is found under its match that is where it stands; else
// it may still stand under the match before.
func (x *execution) unsure(ctx context.Context, c *call) []ledger.Settlement {
	found := x.madeBy(ctx, c)
	records := make([]ledger.Settlement, len(c.items))
	for i, item := range c.items {
		s := item.Step
		records[i] = ledger.Settlement{Key: s.Key, State: model.Unknown, RowHash: s.RowHash, Shape: x.shape, RemoteID: s.RemoteID,
			Match: s.Match, Run: x.id, At: time.Now(), Code: givenUp}
		switch {
		case found != nil && found[i].Exists:
			records[i].Accepted, records[i].RemoteID = true, found[i].RemoteID
			records[i].Payload, records[i].PayloadHash, records[i].Origin = s.Fields.AppendFlat(nil), s.PayloadHash, s.Origin
		case len(s.PriorMatch) > 0:
			records[i].Match = s.PriorMatch
		}
	}
	return records
}

// madeBy asks a destination that can be asked for the records a writing call may have made, one answer for each row;
// nil where there is no answer. Rows whose record is known already need none.
func (x *execution) madeBy(ctx context.Context, c *call) []connect.Found {
	reader, ok := x.job.Destination.(connect.Reader)
	if !ok || connect.Verb(c.Verb).Leaving() {
		return nil
	}
	var lookups []connect.Lookup
	var at []int
	for i, item := range c.items {
		if s := item.Step; s.RemoteID == "" && len(s.Match) > 0 {
			lookups, at = append(lookups, connect.Lookup{Key: s.Key, Match: s.Match}), append(at, i)
		}
	}
	var found []connect.Found
	err := x.lane.Ask(ctx, func(ctx context.Context) (err error) {
		found, err = reader.Read(ctx, x.job.Sync.Object, lookups, nil)
		return err
	})
	if err != nil || len(found) != len(lookups) {
		return nil
	}
	all := make([]connect.Found, len(c.items))
	for i, f := range found {
		all[at[i]] = f
	}
	return all
}
