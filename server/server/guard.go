package server

import (
	"crypto/rand"
	"net"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/freshet/freshet/server/api"
	"github.com/freshet/freshet/sync/fault"
)

// mostBody is how many bytes a request may bring.
const mostBody = 9 << 20

// guard lets near only requests that were meant for this server: a page of somebody else, which a browser on this machine has open,
// reaches it neither by a name that was made to lead here nor by a form. Every answer says what browsers may do with it: nothing.
func (s *Server) guard(next http.Handler) http.Handler {
	origins := http.NewCrossOriginProtection()
	origins.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		api.WriteProblem(w, fault.New(fault.Denied, "server.origin", "the request comes from a page of another origin"))
	}))
	next = origins.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer s.recover(w)
		secure(w.Header())
		w.Header().Set("X-Request-Id", "req_"+strings.ToLower(rand.Text()[:16])) // ours: nobody writes into our log with theirs
		if !s.called(r.Host) {
			api.WriteProblem(w, fault.New(fault.Denied, "server.host", "the server is not called by that name").
				Do("call it by its address, or name it with --host when it is started"))
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, mostBody)
		next.ServeHTTP(w, r)
	})
}

// called says whether a request's Host is a name of this server.
func (s *Server) called(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.Trim(host, "[]")
	if isHere(host) || s.options.Remote && net.ParseIP(host) != nil {
		return true
	}
	return slices.ContainsFunc(s.options.Hosts, func(name string) bool { return strings.EqualFold(name, host) })
}

func secure(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
}

// recover answers for a handler that failed in a way nobody foresaw. What it says of it holds no values.
func (s *Server) recover(w http.ResponseWriter) {
	bug := recover()
	if bug == nil {
		return
	}
	if bug == http.ErrAbortHandler {
		panic(bug)
	}
	s.http.ErrorLog.Printf("%s failed: this is a bug\n%s", w.Header().Get("X-Request-Id"), debug.Stack())
	api.WriteProblem(w, fault.New(fault.Internal, "internal", "something failed that has no name yet"))
}
