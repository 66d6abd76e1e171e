package hubspot

import (
	"context"
	"net/http"
	"strconv"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/httpcall"
)

// longestText is what HubSpot keeps of a text property, in characters.
const longestText = 65_536

const noSuchObject = "hubspot.no_such_object"

// property is a definition as HubSpot shows it.
type property struct {
	Name                 string
	Label                string
	Type                 string
	FieldType            string
	HasUniqueValue       bool
	Calculated           bool
	ExternalOptions      bool
	Options              []struct{ Value string }
	ModificationMetadata struct{ ReadOnlyValue bool }
}

// Describe lists an object's properties.
func (d *destination) Describe(ctx context.Context, object string) (connect.ObjectInfo, error) {
	info, err := d.describe(ctx, object)
	if err != nil {
		return connect.ObjectInfo{}, d.explain(ctx, object, err)
	}
	return info, nil
}

func (d *destination) describe(ctx context.Context, object string) (connect.ObjectInfo, error) {
	reply, err := d.call(ctx, http.MethodGet, d.config.crm("properties", object, ""), nil)
	if err != nil {
		return connect.ObjectInfo{}, err
	}
	var parsed struct{ Results []property }
	if err := httpcall.JSON(reply, &parsed); err != nil {
		return connect.ObjectInfo{}, err
	}
	info := connect.ObjectInfo{Name: object}
	for _, p := range parsed.Results {
		info.Fields = append(info.Fields, p.info(isContacts(object)))
	}
	return info, nil
}

func (p property) info(contacts bool) connect.FieldInfo {
	f := connect.FieldInfo{Name: p.Name, Title: p.Label, Type: p.kind(), Scale: -1,
		ReadOnly: p.ModificationMetadata.ReadOnlyValue || p.Calculated,
		Unique:   p.HasUniqueValue || contacts && p.Name == "email" || p.Name == recordID}
	switch f.Type {
	case "string":
		f.Length = longestText
	case "choice", "choices":
		for _, o := range p.Options {
			f.Choices = append(f.Choices, o.Value)
		}
	}
	return f
}

// kind is the property's type in the contract's words. Choices that HubSpot keeps elsewhere, such as owners, are text.
func (p property) kind() string {
	switch p.Type {
	case "number":
		return "decimal"
	case "bool":
		return "boolean"
	case "date":
		return "date"
	case "datetime":
		return "timestamp"
	case "enumeration":
		switch {
		case p.FieldType == "booleancheckbox":
			return "boolean"
		case p.ExternalOptions || len(p.Options) == 0:
			return "string"
		case p.FieldType == "checkbox":
			return "choices"
		}
		return "choice"
	}
	return "string"
}

// mustBeUnique refuses to create records under a property that HubSpot would let stand twice. A yes is remembered.
func (d *destination) mustBeUnique(ctx context.Context, object, name string) error {
	d.mu.Lock()
	unique := d.unique[object+" "+name]
	d.mu.Unlock()
	if unique {
		return nil
	}
	info, err := d.describe(ctx, object)
	if err != nil {
		return notWritten(err)
	}
	if field, ok := info.Field(name); !ok || !field.Unique {
		return &connect.CallError{Class: connect.Refused, Code: "hubspot.match_not_unique", Message: "the match property " + name +
			" has no unique values in HubSpot, so an insert could double records: make one with \"Require unique values\""}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.unique[object+" "+name] = true
	return nil
}

// Probe asks whose account the credentials are for.
func (d *destination) Probe(ctx context.Context) (connect.Account, error) {
	reply, err := d.call(ctx, http.MethodGet, d.config.accountPath(), nil)
	if err != nil {
		return connect.Account{}, err
	}
	var details struct {
		PortalID    int64
		AccountType string
		TimeZone    string
	}
	if err := httpcall.JSON(reply, &details); err != nil {
		return connect.Account{}, err
	}
	id := strconv.FormatInt(details.PortalID, 10)
	account := connect.Account{ID: "hubspot:" + id, Name: "HubSpot account " + id, Note: details.AccountType}
	if left := reply.Header.Get("X-HubSpot-RateLimit-Daily-Remaining"); left != "" {
		account.Note += ", " + left + " of " + reply.Header.Get("X-HubSpot-RateLimit-Daily") + " calls left today"
	}
	if d.config.account != "" && d.config.account != id {
		return account, &connect.CallError{Class: connect.Forbidden, Code: "hubspot.other_account",
			Message: "the credentials belong to HubSpot account " + id + ", and the settings want " + d.config.account}
	}
	return account, nil
}

// rightAccount makes sure, once, that what is sent goes to the account named in the settings, if one is.
func (d *destination) rightAccount(ctx context.Context) error {
	d.mu.Lock()
	checked := d.checked || d.config.account == ""
	d.mu.Unlock()
	if checked {
		return nil
	}
	if _, err := d.Probe(ctx); err != nil {
		return notWritten(err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.checked = true
	return nil
}

func (d *destination) answered(object string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.known[object] = true
}

func (d *destination) hasAnswered(object string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.known[object]
}

// explain finds out whether a refusal is for the object itself: HubSpot answers one it does not know with the same 400
// as a bad row. It asks only until the object has answered once.
func (d *destination) explain(ctx context.Context, object string, err error) error {
	e := callError(err)
	if e == nil || e.Code == noSuchObject || !unfound(e) || d.hasAnswered(object) {
		return err
	}
	_, asked := d.describe(ctx, object)
	a := callError(asked)
	switch {
	case asked == nil:
		d.answered(object)
	case a != nil && unfound(a):
		return &connect.CallError{Class: connect.Gone, Status: e.Status, Code: noSuchObject, RequestID: e.RequestID,
			Message: "HubSpot knows no object " + strconv.Quote(object) + " under API version " + d.config.version +
				": use the name or the object type id from HubSpot's data model"}
	}
	return err
}

// unfound says whether the failure can mean that HubSpot does not know the object: it says so with 400 or 404.
func unfound(e *connect.CallError) bool {
	return e.Status == http.StatusBadRequest && e.Class == connect.Refused || e.Status == http.StatusNotFound
}
