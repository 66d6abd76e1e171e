package server

import (
	"errors"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"

	"github.com/freshet/freshet/sync/fault"
)

// DefaultListen is where a server listens unless it is told otherwise: on this machine alone.
const DefaultListen = "127.0.0.1:7117"

// Options say where a server listens, and for whom.
type Options struct {
	Listen string   // "127.0.0.1:7117"; port 0 is any that is free; "" is DefaultListen or, where its port is taken, any that is free
	Remote bool     // other machines may reach it
	Hosts  []string // names, besides those of this machine, under which it is called
}

// Server listens.
type Server struct {
	options  Options
	listener net.Listener
	http     *http.Server
	file     string // the discovery file, "" before it was written
	ended    chan error
}

// Listen opens the port and answers nobody yet. Faults: server.address where the address cannot be understood or is not to be
// listened on, server.listen where the port cannot be had.
func Listen(o Options) (*Server, error) {
	address, open := o.Listen, net.Listen
	if address == "" {
		address, open = DefaultListen, listenSomewhere
	}
	if err := o.check(address); err != nil {
		return nil, err
	}
	listener, err := open("tcp", address)
	if err != nil {
		return nil, fault.New(fault.Usage, "server.listen", "nobody can listen on "+address).Because(err).
			Do("name another address with --listen; port 0 takes any that is free")
	}
	return &Server{options: o, listener: listener, ended: make(chan error, 1)}, nil
}

// listenSomewhere takes any free port where the one wanted is taken, as by the server of another workspace.
func listenSomewhere(network, address string) (net.Listener, error) {
	listener, err := net.Listen(network, address)
	if errors.Is(err, syscall.EADDRINUSE) {
		host, _, _ := net.SplitHostPort(address)
		return net.Listen(network, net.JoinHostPort(host, "0"))
	}
	return listener, err
}

// check refuses an address beyond this machine that nobody has asked for.
func (o Options) check(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fault.New(fault.Usage, "server.address", "--listen takes an address and a port").Do("write --listen " + DefaultListen)
	}
	if !o.Remote && !isHere(host) {
		return fault.New(fault.Usage, "server.address", "other machines could reach the server on "+address+", and it has no TLS of its own").
			Do("listen on " + DefaultListen + " or, behind a proxy with TLS, add --remote")
	}
	return nil
}

// isHere says of a host whether it is this machine and nothing beyond it.
func isHere(host string) bool {
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return ip != nil && ip.IsLoopback() || strings.EqualFold(host, "localhost")
}

// URL is where it is reached from this machine.
func (s *Server) URL() string {
	host, port, _ := net.SplitHostPort(s.listener.Addr().String())
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// Close lets the port go, of a server that never started.
func (s *Server) Close() error {
	err := s.listener.Close()
	if s.file != "" {
		err = errors.Join(err, os.Remove(s.file))
	}
	return err
}
