package webhook

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/freshet/freshet/sync/fault"
)

// checkURL keeps the address itself out of the error: its path and query can be secrets.
func checkURL(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return fault.New(fault.Usage, "webhook.bad_url", "the address is not a whole http or https URL").At("url").
			Do("Write it with its scheme and host, as in https://example.com/freshet.")
	}
	return nil
}

// ours are the headers a call sets itself.
func ours() []string {
	return []string{"Webhook-Id", "Webhook-Timestamp", "Webhook-Signature", "Idempotency-Key", "Content-Type",
		"Content-Length", "Transfer-Encoding", "Connection", "Host"}
}

// extraHeaders reads the headers setting. Values are kept out of errors: they can be secrets.
func extraHeaders(m map[string]any) (http.Header, error) {
	h := make(http.Header, len(m))
	for name, value := range m {
		text, ok := value.(string)
		switch {
		case !validName(name):
			return nil, badHeader(name, "is not the name of a header", "Use letters, digits and hyphens.")
		case slices.Contains(ours(), http.CanonicalHeaderKey(name)):
			return nil, badHeader(name, "is set by every call itself", "Take it out.")
		case !ok:
			return nil, badHeader(name, "has a value that is not a text", "Put the value in quotes.")
		case strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }):
			return nil, badHeader(name, "has a value with a control character in it", "Look for a line break at its end.")
		}
		h.Set(name, text)
	}
	return h, nil
}

func badHeader(name, wrong, remedy string) error {
	return fault.New(fault.Usage, "webhook.bad_header", "the header "+name+" "+wrong).At("headers").Do(remedy)
}

func validName(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		return !letter && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
	})
}
