package hubspot

import (
	"net/url"
	"strings"
)

// The version stands after the area in dated paths (/crm/objects/2026-09/contacts), before it up to v3
// (/crm/v3/objects/contacts).

func (c config) crm(area, object, rest string) string {
	path := "/crm/" + area + "/" + c.version
	if strings.HasPrefix(c.version, "v") {
		path = "/crm/" + c.version + "/" + area
	}
	path += "/" + url.PathEscape(object)
	if rest != "" {
		path += "/" + rest
	}
	return path
}

func (c config) accountPath() string { return "/account-info/" + c.version + "/details" }

func (c config) tokenPath() string { return "/oauth/" + c.version + "/token" }

// isContacts: only contacts have HubSpot's GDPR deletion, and email as a unique property.
func isContacts(object string) bool {
	return object == "contacts" || object == "contact" || object == "0-1"
}
