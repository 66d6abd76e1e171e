package httpcall_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/httpcall"
)

func client(t *testing.T, o httpcall.Options) *httpcall.Client {
	t.Helper()
	c, err := httpcall.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

func post(url string) httpcall.Request {
	return httpcall.Request{Method: http.MethodPost, URL: url, Body: []byte(`{"a":1}`), ContentType: "application/json",
		Header: http.Header{"Idempotency-Key": {"k1"}}}
}

// hang waits until the caller has given up; a server sees that only once it has read the body.
func hang(r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}

// want checks what is known of a failed call.
func want(t *testing.T, err error, class connect.Class, code string) {
	t.Helper()
	var call *connect.CallError
	if !errors.As(err, &call) {
		t.Fatalf("got %v, want a call error", err)
	}
	if call.Class != class || call.Code != code || call.Message == "" {
		t.Errorf("got %v %q (%s), want %v %q", call.Class, call.Code, call.Message, class, code)
	}
}

func TestDoSendsAndReads(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Echo", r.Method+" "+r.Header.Get("Content-Type")+" "+r.Header.Get("Idempotency-Key")+" "+r.Header.Get("User-Agent"))
		w.WriteHeader(http.StatusTeapot)
		_, _ = w.Write(body)
	})
	reply, err := client(t, httpcall.Options{}).Do(t.Context(), post(url))
	if err != nil {
		t.Fatal(err)
	}
	if reply.Status != 418 || string(reply.Body) != `{"a":1}` || reply.Header.Get("X-Echo") != "POST application/json k1 Freshet" {
		t.Errorf("got %d %s %v", reply.Status, reply.Body, reply.Header)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	var calls atomic.Int64
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	})
	reply, err := client(t, httpcall.Options{}).Do(t.Context(), post(url))
	if err != nil || reply.Status != 307 || calls.Load() != 1 {
		t.Errorf("got %+v %v after %d calls, want the redirect itself", reply, err, calls.Load())
	}
}

func TestNothingListensIsNotSent(t *testing.T) {
	listen, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listen.Addr().String()
	_ = listen.Close()
	_, err = client(t, httpcall.Options{}).Do(t.Context(), post("http://"+address+"/token-in-path"))
	want(t, err, connect.NotSent, "connect.refused")
	if strings.Contains(err.Error(), "token-in-path") || strings.Contains(errors.Unwrap(err).Error(), "token-in-path") {
		t.Error("the path stands in the error")
	}
}

func TestADialIsRepeated(t *testing.T) {
	listen, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listen.Addr().String()
	_ = listen.Close()
	go func() { // comes up a moment later
		time.Sleep(30 * time.Millisecond)
		if listen, err := net.Listen("tcp", address); err == nil {
			server := &http.Server{Handler: http.NotFoundHandler(), ReadHeaderTimeout: time.Second}
			t.Cleanup(func() { _ = server.Close() })
			_ = server.Serve(listen)
		}
	}()
	reply, err := client(t, httpcall.Options{}).Do(t.Context(), post("http://"+address))
	if err != nil || reply.Status != http.StatusNotFound {
		t.Errorf("got %v %v, want a reply", reply, err)
	}
}

func TestAnUnknownHostIsNotSent(t *testing.T) {
	_, err := client(t, httpcall.Options{Timeout: 5 * time.Second}).Do(t.Context(), post("http://no-such-host.invalid/"))
	var call *connect.CallError
	if !errors.As(err, &call) || call.Class != connect.NotSent || !strings.HasPrefix(call.Code, "dns.") {
		t.Errorf("got %v, want not sent for want of a name", err)
	}
}

func TestABadAddressIsNotSent(t *testing.T) {
	for _, url := range []string{"http://[::1", "gopher://127.0.0.1/", "http://"} {
		_, err := client(t, httpcall.Options{}).Do(t.Context(), post(url))
		var call *connect.CallError
		if !errors.As(err, &call) || call.Class != connect.NotSent {
			t.Errorf("%s: got %v, want not sent", url, err)
		}
	}
}

// dropper answers the first requests, as many as keep says, then reads one more whole and closes the connection
// without a reply, or resets it.
func dropper(t *testing.T, keep int, reset bool) (url string, requests *atomic.Int64) {
	t.Helper()
	listen, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listen.Close() })
	requests = new(atomic.Int64)
	go func() {
		for {
			conn, err := listen.Accept()
			if err != nil {
				return
			}
			if tcp, ok := conn.(*net.TCPConn); ok && reset {
				_ = tcp.SetLinger(0)
			}
			go answerThenDrop(conn, keep, requests)
		}
	}()
	return "http://" + listen.Addr().String(), requests
}

func answerThenDrop(conn net.Conn, keep int, requests *atomic.Int64) {
	defer func() { _ = conn.Close() }()
	reader := bufio.NewReader(conn)
	for {
		request, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, request.Body)
		if requests.Add(1) > int64(keep) {
			return
		}
		_, _ = conn.Write([]byte("HTTP/1.1 204 No Content\r\n\r\n"))
	}
}

func TestADroppedRequestIsLostAndNeverRepeated(t *testing.T) {
	for name, how := range map[string]struct {
		keep  int
		reset bool
	}{"new": {0, false}, "new, reset": {0, true}, "used before": {1, false}, "used before, reset": {1, true}} {
		t.Run(name, func(t *testing.T) {
			keep := how.keep
			url, requests := dropper(t, keep, how.reset)
			c := client(t, httpcall.Options{})
			for range keep {
				if _, err := c.Do(t.Context(), post(url)); err != nil {
					t.Fatal(err)
				}
			}
			_, err := c.Do(t.Context(), post(url))
			want(t, err, connect.Lost, "connection.lost")
			if n := requests.Load(); n != int64(keep+1) {
				t.Errorf("the server read %d requests, want %d: a request that was written was repeated", n, keep+1)
			}
		})
	}
}

func TestAStaleConnectionCostsNothing(t *testing.T) {
	var calls atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { calls.Add(1) }))
	t.Cleanup(server.Close)
	c := client(t, httpcall.Options{})
	for i := range 3 {
		reply, err := c.Do(t.Context(), post(server.URL))
		if err != nil || reply.Status != 200 {
			t.Fatalf("call %d: %v %v", i, reply, err)
		}
		server.CloseClientConnections()
		time.Sleep(20 * time.Millisecond)
	}
	if calls.Load() != 3 {
		t.Errorf("%d calls, want 3", calls.Load())
	}
}

func TestSlownessIsBounded(t *testing.T) {
	for _, c := range []struct {
		name, code string
		handler    http.HandlerFunc
	}{
		{"no headers", "timeout", func(_ http.ResponseWriter, r *http.Request) { hang(r) }},
		{"no more body", "timeout", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(200)
			_ = http.NewResponseController(w).Flush()
			hang(r)
		}},
		{"a byte at a time", "timeout", func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			for r.Context().Err() == nil {
				_, _ = w.Write([]byte(" "))
				_ = http.NewResponseController(w).Flush()
				time.Sleep(20 * time.Millisecond)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			url := serve(t, c.handler)
			begun := time.Now()
			_, err := client(t, httpcall.Options{Timeout: 400 * time.Millisecond, Idle: 200 * time.Millisecond}).Do(t.Context(), post(url))
			want(t, err, connect.Lost, c.code)
			if took := time.Since(begun); took > 2*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

func TestIdleBodyEndsBeforeTheTotal(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte("{"))
		_ = http.NewResponseController(w).Flush()
		hang(r)
	})
	begun := time.Now()
	_, err := client(t, httpcall.Options{Timeout: 20 * time.Second, Idle: 100 * time.Millisecond}).Do(t.Context(), post(url))
	want(t, err, connect.Lost, "timeout")
	if errors.Is(err, context.Canceled) {
		t.Error("it looks as if the caller had stopped the call")
	}
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("took %v, want the idle time", took)
	}
}

func TestCancellingInsideTheReply(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte("{"))
		_ = http.NewResponseController(w).Flush()
		time.AfterFunc(50*time.Millisecond, cancel)
		hang(r)
	})
	_, err := client(t, httpcall.Options{}).Do(ctx, post(url))
	want(t, err, connect.Lost, "canceled")
	if !errors.Is(err, context.Canceled) {
		t.Error("the cause is not wrapped")
	}
}

func TestHugeRepliesAreCut(t *testing.T) {
	var bomb bytes.Buffer
	packer := gzip.NewWriter(&bomb)
	_, _ = packer.Write(make([]byte, 16<<20))
	_ = packer.Close()
	for name, handler := range map[string]http.HandlerFunc{
		"gzip bomb": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(bomb.Bytes())
		},
		"endless": func(w http.ResponseWriter, _ *http.Request) {
			for {
				if _, err := w.Write(make([]byte, 1<<16)); err != nil {
					return
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := client(t, httpcall.Options{MaxBody: 1 << 20}).Do(t.Context(), post(serve(t, handler)))
			want(t, err, connect.Lost, "reply.too_long")
		})
	}
}

func TestAReplyOfTheLimitIsWhole(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 1000)) })
	reply, err := client(t, httpcall.Options{MaxBody: 1000}).Do(t.Context(), post(url))
	if err != nil || len(reply.Body) != 1000 {
		t.Errorf("got %v", err)
	}
}

func TestABrokenReplyIsLost(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write([]byte(`{"results":`))
	})
	_, err := client(t, httpcall.Options{}).Do(t.Context(), post(url))
	want(t, err, connect.Lost, "reply.broken")
}

func TestCancelling(t *testing.T) {
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) { hang(r) })
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	_, err := client(t, httpcall.Options{}).Do(ctx, post(url))
	want(t, err, connect.Lost, "canceled")
	if !errors.Is(err, context.Canceled) {
		t.Error("the cause is not wrapped")
	}
	_, err = client(t, httpcall.Options{}).Do(ctx, post(url))
	want(t, err, connect.NotSent, "canceled")
}

func TestTLSFailuresNameTheRemedy(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	server.Config.ErrorLog = nil
	port := server.URL[strings.LastIndex(server.URL, ":"):]
	ca := filepath.Join(t.TempDir(), "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(ca, block, 0o600); err != nil {
		t.Fatal(err)
	}
	plain := serve(t, http.NotFound)
	for _, c := range []struct{ name, url, ca, code string }{
		{"unknown authority", server.URL, "", "tls.unknown_authority"},
		{"wrong host", "https://localhost" + port, ca, "tls.wrong_host"},
		{"plain HTTP", strings.Replace(plain, "http:", "https:", 1), "", "tls.not_tls"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := client(t, httpcall.Options{CAFile: c.ca}).Do(t.Context(), post(c.url))
			want(t, err, connect.NotSent, c.code)
		})
	}
	if reply, err := client(t, httpcall.Options{CAFile: ca}).Do(t.Context(), post(server.URL)); err != nil || reply.Status != 404 {
		t.Errorf("with its authority: %v %v", reply, err)
	}
}

func TestAnExpiredCertificateIsNamed(t *testing.T) {
	certificate, ca := expired(t)
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	server.StartTLS()
	t.Cleanup(server.Close)
	_, err := client(t, httpcall.Options{CAFile: ca}).Do(t.Context(), post(server.URL))
	want(t, err, connect.NotSent, "tls.expired")
}

func TestABadAuthorityFileIsRefused(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{empty, empty + ".missing"} {
		if _, err := httpcall.New(httpcall.Options{CAFile: file}); err == nil {
			t.Errorf("%s was taken", file)
		}
	}
}

func TestNothingIsLeftOpen(t *testing.T) {
	before := goleak.IgnoreCurrent()
	server := httptest.NewServer(http.NotFoundHandler())
	c, err := httpcall.New(httpcall.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if _, err := c.Do(t.Context(), post(server.URL)); err != nil {
			t.Fatal(err)
		}
	}
	c.Close()
	server.Close()
	if err := goleak.Find(before); err != nil {
		t.Error(err)
	}
}
