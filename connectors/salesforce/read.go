package salesforce

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/model"
)

// Read finds records by their match values, or by their ids where there is no match.
func (d *destination) Read(ctx context.Context, object string, lookups []connect.Lookup, fields []string) ([]connect.Found, error) {
	out := make([]connect.Found, len(lookups))
	byField := map[string]map[string][]int{}
	values := map[string][]model.Value{}
	for i, l := range lookups {
		key, ok := matchOf(l.Match)
		if !ok {
			key = model.Field{Name: "Id", Value: model.Text(l.RemoteID)}
		}
		if key.Value.Text == "" {
			continue
		}
		if byField[key.Name] == nil {
			byField[key.Name] = map[string][]int{}
		}
		byField[key.Name][fold(key.Value)] = append(byField[key.Name][fold(key.Value)], i)
		values[key.Name] = append(values[key.Name], key.Value)
	}
	for field, wanted := range byField {
		columns, err := selected(object, append([]string{field}, fields...))
		if err != nil {
			return nil, err
		}
		q := query{object: object, fields: columns, where: field, values: values[field]}
		err = d.search(ctx, q, func(r record) error {
			key, _ := r.get(field)
			for _, i := range wanted[fold(key)] {
				out[i] = found(r, lookups[i].Match, fields)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// List shows every record of an object that is not in the recycle bin, in the order of their ids.
func (d *destination) List(ctx context.Context, object string, fields []string, each func(connect.Found) error) error {
	columns, err := selected(object, fields)
	if err != nil {
		return err
	}
	known := d.schema(ctx, object)
	return d.search(ctx, query{object: object, fields: columns, order: "Id"}, func(r record) error {
		f := found(r, nil, fields)
		for _, field := range f.Fields {
			if info, ok := known.field(field.Name); ok && info.ExternalID && !field.Value.IsNull() {
				f.Match = append(f.Match, field)
				break
			}
		}
		return each(f)
	})
}

// selected is the list of a query's columns, each once, with the id.
func selected(object string, fields []string) ([]string, error) {
	if !objectName.MatchString(object) {
		return nil, noObject()
	}
	columns := []string{"Id"}
	for _, f := range fields {
		if !fieldName.MatchString(f) {
			return nil, refused("salesforce.field_name", "a field's name is not one Salesforce can have")
		}
		if !slices.Contains(columns, f) {
			columns = append(columns, f)
		}
	}
	return columns, nil
}

func found(r record, match model.Fields, fields []string) connect.Found {
	id, _ := r.get("Id")
	out := connect.Found{Exists: true, RemoteID: id.Text, Match: match}
	for _, name := range fields {
		if v, ok := r.get(name); ok {
			out.Fields = append(out.Fields, model.Field{Name: name, Value: v})
		}
	}
	out.Fields.Sort()
	return out
}

// Probe asks for the org's limits, which needs a good session, and who we are.
func (d *destination) Probe(ctx context.Context) (connect.Account, error) {
	var limits struct {
		Daily struct{ Max, Remaining int } `json:"DailyApiRequests"`
	}
	if err := d.ask(ctx, request{method: http.MethodGet, path: "limits"}, &limits); err != nil {
		return connect.Account{}, err
	}
	var who struct {
		Org  string `json:"organization_id"`
		User string `json:"preferred_username"`
	}
	err := d.ask(ctx, request{method: http.MethodGet, path: "/services/oauth2/userinfo"}, &who)
	if call := (*connect.CallError)(nil); errors.As(err, &call) && call.Class == connect.Forbidden {
		who.User, err = "", d.organization(ctx, &who.Org) // the app may use the API and not know who it is
	}
	if err != nil {
		return connect.Account{}, err
	}
	note := strconv.Itoa(limits.Daily.Remaining) + " of " + strconv.Itoa(limits.Daily.Max) + " daily API calls left"
	return connect.Account{ID: who.Org, Name: who.User, Note: note}, nil
}

func (d *destination) organization(ctx context.Context, id *string) error {
	return d.search(ctx, query{object: "Organization", fields: []string{"Id"}}, func(r record) error {
		v, _ := r.get("Id")
		*id = v.Text
		return nil
	})
}
