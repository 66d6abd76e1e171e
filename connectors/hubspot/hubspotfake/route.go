package hubspotfake

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// place is where a call goes: the same for the dated and the v3 form of a path.
type place struct {
	area    string // oauth, account, properties, schemas, objects
	version string
	object  string // "contacts", as the caller wrote it
	action  string // "", "batch/upsert", "gdpr-delete" or a record id
}

func (p place) name() string { return strings.TrimSuffix(p.area+" "+p.action, " ") }

// areas are the path segments around the version. The version stands first in the v1 to v3 form (/crm/v3/objects) and
// after the area in the dated form (/crm/objects/2026-09).
var areas = map[string]string{"crm/objects": "objects", "crm/properties": "properties", "crm/schemas": "schemas",
	"crm-object-schemas/schemas": "schemas", "account-info/details": "account", "oauth/token": "oauth"}

func (s *Server) route(r *http.Request) (place, bool) {
	parts := strings.Split(strings.Trim(r.URL.EscapedPath(), "/"), "/")
	at := slices.IndexFunc(parts, func(part string) bool { return slices.Contains(s.options.Versions, part) })
	if at < 1 || len(parts) < 3 {
		return place{}, false
	}
	p := place{version: parts[at]}
	rest := slices.Concat(parts[:at], parts[at+1:])
	if strings.HasPrefix(p.version, "v") && at != 1 {
		return place{}, false
	}
	area, ok := areas[rest[0]+"/"+rest[1]]
	if !ok || !strings.HasPrefix(p.version, "v") && at == 1 && rest[0] == "crm" {
		return place{}, false
	}
	p.area = area
	if len(rest) > 2 {
		p.object, _ = url.PathUnescape(rest[2])
	}
	if len(rest) > 3 {
		p.action = strings.Join(rest[3:], "/")
	}
	return p, p.allows(r.Method)
}

func (p place) allows(method string) bool {
	switch {
	case p.area == "oauth", strings.HasPrefix(p.action, "batch/"), p.action == "gdpr-delete":
		return method == http.MethodPost
	default:
		return method == http.MethodGet
	}
}
