package hubspot

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/httpcall"
	"github.com/freshet/freshet/sync/model"
)

const secondaryEmails = "hs_additional_emails"

// heldRow is a record as HubSpot holds it; a null or empty property is not set.
type heldRow struct {
	ID         string             `json:"id"`
	Properties map[string]*string `json:"properties"`
}

// Read looks records up by their match, or by HubSpot's id where there is no match, 100 a call.
func (d *destination) Read(ctx context.Context, object string, matches []connect.Lookup, fields []string) ([]connect.Found, error) {
	found := make([]connect.Found, len(matches))
	byProperty := map[string][]int{}
	targets := make([]target, len(matches))
	for i, m := range matches {
		t, p := matchOf(m.Match)
		if p != nil {
			if t = (target{id: m.RemoteID}); m.RemoteID == "" {
				continue
			}
		}
		targets[i] = t
		byProperty[t.property] = append(byProperty[t.property], i)
	}
	for property, all := range byProperty {
		for part := range slices.Chunk(all, batchRows) {
			ids := make([]string, len(part))
			for i, at := range part {
				ids[i] = targets[at].id
			}
			held, err := d.readBatch(ctx, object, property, ids, fields)
			if err != nil {
				return nil, d.explain(ctx, object, err)
			}
			for i, at := range part {
				found[at] = held[i].found(property, fields)
			}
		}
	}
	return found, nil
}

// readBatch reads up to 100 records by a unique property, or by id where property is "". The answer stands in the
// order of ids, nil where there is no record.
func (d *destination) readBatch(ctx context.Context, object, property string, ids, fields []string) ([]*heldRow, error) {
	reply, err := d.call(ctx, http.MethodPost, d.config.crm("objects", object, "batch/read"),
		readBody(isContacts(object), property, ids, fields))
	if err != nil {
		return nil, err
	}
	var parsed struct{ Results []*heldRow }
	if err := httpcall.JSON(reply, &parsed); err != nil {
		return nil, err
	}
	byID := make(map[string]*heldRow, len(parsed.Results))
	for _, r := range parsed.Results {
		for _, id := range r.answersTo(property) {
			byID[folded(id)] = r
		}
	}
	held := make([]*heldRow, len(ids))
	for i, id := range ids {
		held[i] = byID[folded(id)]
	}
	return held, nil
}

func readBody(contacts bool, property string, ids, fields []string) []byte {
	in := struct {
		IDProperty            string              `json:"idProperty,omitempty"`
		Properties            []string            `json:"properties"`
		PropertiesWithHistory []string            `json:"propertiesWithHistory"`
		Inputs                []map[string]string `json:"inputs"`
	}{IDProperty: property, Properties: slices.Clone(fields), PropertiesWithHistory: []string{}}
	if property != "" {
		in.Properties = append(in.Properties, property)
	}
	if contacts && property == "email" {
		in.Properties = append(in.Properties, secondaryEmails)
	}
	slices.Sort(in.Properties)
	if in.Properties = slices.Compact(in.Properties); in.Properties == nil {
		in.Properties = []string{}
	}
	seen := map[string]bool{}
	for _, id := range ids {
		if !seen[folded(id)] {
			seen[folded(id)] = true
			in.Inputs = append(in.Inputs, map[string]string{"id": id})
		}
	}
	text, _ := json.Marshal(in)
	return text
}

// answersTo are the ids under which the record is found: a contact by each of its addresses.
func (r *heldRow) answersTo(property string) []string {
	if property == "" {
		return []string{r.ID}
	}
	ids := []string{r.text(property)}
	if property == "email" {
		ids = append(ids, strings.Split(r.text(secondaryEmails), ";")...)
	}
	return slices.DeleteFunc(ids, func(id string) bool { return id == "" })
}

func (r *heldRow) text(property string) string {
	if value := r.Properties[property]; value != nil {
		return *value
	}
	return ""
}

func (r *heldRow) found(property string, fields []string) connect.Found {
	if r == nil {
		return connect.Found{}
	}
	f := connect.Found{Exists: true, RemoteID: r.ID}
	if property != "" {
		f.Match = model.Fields{{Name: property, Value: model.Text(r.text(property))}}
	}
	for _, name := range fields {
		value := model.Value{}
		if text := r.text(name); text != "" {
			value = model.Text(text)
		}
		f.Fields = append(f.Fields, model.Field{Name: name, Value: value})
	}
	f.Fields.Sort()
	return f
}

// List pages through every record that is not archived.
func (d *destination) List(ctx context.Context, object string, fields []string, each func(connect.Found) error) error {
	query := url.Values{"limit": {"100"}, "archived": {"false"}}
	if len(fields) > 0 {
		query.Set("properties", strings.Join(fields, ","))
	}
	for {
		reply, err := d.call(ctx, http.MethodGet, d.config.crm("objects", object, "")+"?"+query.Encode(), nil)
		if err != nil {
			return d.explain(ctx, object, err)
		}
		var page struct {
			Results []*heldRow
			Paging  struct{ Next struct{ After string } }
		}
		if err := httpcall.JSON(reply, &page); err != nil {
			return err
		}
		for _, r := range page.Results {
			if err := each(r.found("", fields)); err != nil {
				return err
			}
		}
		if page.Paging.Next.After == "" {
			return nil
		}
		query.Set("after", page.Paging.Next.After)
	}
}
