package kafkafake

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/twmb/franz-go/pkg/sr"
	"github.com/twmb/franz-go/pkg/sr/srfake"
)

// RegistryOptions say what a registry is like. The zero options are one on a free port that lets everybody in.
type RegistryOptions struct {
	Address string      // to listen on; "": a free port of 127.0.0.1
	Auth    string      // the Authorization header every call must have; "": none
	TLS     *tls.Config // nil: plain
}

// Registry is a running schema registry. What it embeds registers schemas and intercepts calls.
type Registry struct {
	*srfake.Registry
	server *http.Server
	listen net.Listener
	scheme string
	done   chan struct{}
}

// StartRegistry starts a schema registry. Close it.
func StartRegistry(o RegistryOptions) (*Registry, error) {
	address := o.Address
	if address == "" {
		address = "127.0.0.1:0"
	}
	listen, err := new(net.ListenConfig).Listen(context.Background(), "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listening for the registry: %w", err)
	}
	r := &Registry{listen: listen, scheme: "http", done: make(chan struct{})}
	if o.TLS != nil {
		r.listen, r.scheme = tls.NewListener(listen, o.TLS), "https"
	}
	if o.Auth != "" {
		r.Registry = srfake.NewRegistry(srfake.WithAuth(o.Auth))
	} else {
		r.Registry = srfake.NewRegistry()
	}
	r.server = &http.Server{Handler: r.Handler(), ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	go func() {
		defer close(r.done)
		_ = r.server.Serve(r.listen)
	}()
	return r, nil
}

// URL is where the registry is.
func (r *Registry) URL() string { return r.scheme + "://" + r.listen.Addr().String() }

// Register registers a schema under a subject and gives its number and its GUID.
func (r *Registry) Register(subject string, schema sr.Schema) (id int, guid string, err error) {
	id, version, err := r.RegisterSchema(subject, schema)
	if err != nil {
		return 0, "", fmt.Errorf("registering a schema: %w", err)
	}
	found, _ := r.GetSchema(subject, version)
	return id, found.GUID, nil
}

// Close stops the registry and drops every connection.
func (r *Registry) Close() {
	_ = r.server.Close()
	<-r.done
}
