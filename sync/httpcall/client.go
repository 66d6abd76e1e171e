package httpcall

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/fault"
)

// Options bound what a call may cost. Zero values take the defaults.
type Options struct {
	Timeout   time.Duration // of a whole call: connecting, sending, waiting and reading; 30 s
	Idle      time.Duration // longest silence inside a reply's body; 10 s
	MaxBody   int64         // bytes of a reply after decompression; 8 MiB
	UserAgent string        // "Freshet"
	CAFile    string        // PEM file of authorities trusted besides the system's; "" for none
}

const (
	defaultTimeout = 30 * time.Second
	defaultIdle    = 10 * time.Second
	defaultMaxBody = 8 << 20
	dialTimeout    = 10 * time.Second
	dialRetries    = 2
	dialRetryMin   = 50 * time.Millisecond
	dialRetryMax   = 500 * time.Millisecond
	idleConns      = 64      // kept open per host, so that concurrent calls do not reconnect
	maxHeaderBytes = 256_000 // of a reply
)

// Client makes calls. It is safe for concurrent use. Close it to let go of its connections.
type Client struct {
	options Options
	retry   *retryablehttp.Client
}

// Request is one call. Body is sent as it is.
type Request struct {
	Method      string
	URL         string
	Header      http.Header
	Body        []byte
	ContentType string // "" where there is no body, else usually "application/json"
}

// Reply is what came back, read to its end.
type Reply struct {
	Status int
	Header http.Header
	Body   []byte
}

// New makes a client. It fails, with a *fault.Fault, only where CAFile cannot be used.
func New(options Options) (*Client, error) {
	options = withDefaults(options)
	roots, err := authorities(options.CAFile)
	if err != nil {
		return nil, err
	}
	retry := retryablehttp.NewClient()
	retry.Logger = nil
	retry.HTTPClient = &http.Client{Transport: transport(options, roots), CheckRedirect: stay}
	retry.RetryMax, retry.RetryWaitMin, retry.RetryWaitMax = dialRetries, dialRetryMin, dialRetryMax
	retry.CheckRetry = retryDialOnly
	retry.ErrorHandler = retryablehttp.PassthroughErrorHandler
	return &Client{options: options, retry: retry}, nil
}

func withDefaults(o Options) Options {
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.Idle <= 0 {
		o.Idle = defaultIdle
	}
	if o.MaxBody <= 0 {
		o.MaxBody = defaultMaxBody
	}
	if o.UserAgent == "" {
		o.UserAgent = "Freshet"
	}
	return o
}

// transport speaks HTTP/1.1 only: there it is known for certain which request a broken connection carried, and the
// library repeats nothing that was written.
func transport(o Options, roots *x509.CertPool) *http.Transport {
	dialer := &net.Dialer{Timeout: min(dialTimeout, o.Timeout), KeepAlive: 30 * time.Second}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    min(dialTimeout, o.Timeout),
		ResponseHeaderTimeout:  o.Timeout,
		ExpectContinueTimeout:  time.Second,
		IdleConnTimeout:        90 * time.Second,
		MaxIdleConns:           4 * idleConns,
		MaxIdleConnsPerHost:    idleConns,
		MaxResponseHeaderBytes: maxHeaderBytes,
		OnProxyConnectResponse: proxyAnswer,
		Protocols:              protocols,
	}
}

func authorities(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil // the system's
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fault.New(fault.Usage, "httpcall.ca_file", "the certificate file cannot be read").
			At(file).Do("Check the path and its permissions.").Because(err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fault.New(fault.Usage, "httpcall.ca_file", "the certificate file holds no PEM certificate").
			At(file).Do("Give the authority's certificate in PEM form (-----BEGIN CERTIFICATE-----).")
	}
	return pool, nil
}

// stay answers a redirect as it is: following one would carry the records and the credentials to an address nobody
// configured.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Do makes one call. Any reply, whatever its status, is a Reply; every error is a *connect.CallError: NotSent where
// nothing of the request can have left, Lost where it may have been applied.
func (c *Client) Do(caller context.Context, r Request) (*Reply, error) {
	if err := connect.Turn(caller); err != nil {
		return nil, &connect.CallError{Class: connect.NotSent, Code: "canceled", Message: "the call was stopped", Err: err}
	}
	ctx, cancel := context.WithTimeout(caller, c.options.Timeout)
	defer cancel()
	progress := &progress{}
	request, err := c.request(progress.watch(ctx), r)
	if err != nil {
		return nil, &connect.CallError{Class: connect.NotSent, Code: "request.bad_url",
			Message: "the address is not one that can be called"}
	}
	response, err := c.retry.Do(request)
	if err != nil {
		if response != nil {
			_ = response.Body.Close()
		}
		return nil, failed(ctx, err, progress.sent.Load(), request.URL.Hostname())
	}
	defer func() { _ = response.Body.Close() }()
	body, err := c.read(response.Body, cancel)
	if err != nil {
		return nil, unread(caller, ctx, err, response.StatusCode)
	}
	return &Reply{Status: response.StatusCode, Header: response.Header, Body: body}, nil
}

func (c *Client) request(ctx context.Context, r Request) (*retryablehttp.Request, error) {
	var body any
	if len(r.Body) > 0 {
		body = r.Body
	}
	request, err := retryablehttp.NewRequestWithContext(ctx, r.Method, r.URL, body)
	if err != nil {
		return nil, err
	}
	request.Header = unreplayable(r.Header)
	request.Header.Set("User-Agent", c.options.UserAgent)
	if r.ContentType != "" {
		request.Header.Set("Content-Type", r.ContentType)
	}
	return request, nil
}

// read takes the body up to the cap, and gives up when no byte comes for the idle time.
func (c *Client) read(body io.Reader, cancel context.CancelFunc) ([]byte, error) {
	idle := time.AfterFunc(c.options.Idle, cancel)
	defer idle.Stop()
	watched := &watchedReader{from: body, after: c.options.Idle, timer: idle}
	content, err := io.ReadAll(io.LimitReader(watched, c.options.MaxBody+1))
	if err == nil && int64(len(content)) > c.options.MaxBody {
		return nil, errTooLong
	}
	return content, err
}

type watchedReader struct {
	from  io.Reader
	after time.Duration
	timer *time.Timer
}

func (w *watchedReader) Read(p []byte) (int, error) {
	n, err := w.from.Read(p)
	w.timer.Reset(w.after)
	return n, err
}

// Close lets go of the connections that are kept open. Calls under way end by themselves.
func (c *Client) Close() { c.retry.HTTPClient.CloseIdleConnections() }
