package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/freshet/freshet/server/wire"
	"github.com/freshet/freshet/sync/fault"
)

// Client asks one server.
type Client struct {
	url   string
	token string
	http  *http.Client
}

// New asks the server at an address, and shows it a token.
func New(address, token string) *Client {
	return &Client{url: strings.TrimRight(address, "/"), token: token, http: &http.Client{Transport: &http.Transport{Proxy: nil},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// get asks for something.
func get[T any](ctx context.Context, c *Client, path string, query url.Values) (T, error) {
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return ask[T](ctx, c, http.MethodGet, path, nil)
}

// post has something done, once: the request names itself, and is asked again under that name where its answer was lost.
func post[T any](ctx context.Context, c *Client, path string, body any) (out T, err error) {
	text, err := json.Marshal(body)
	if err != nil {
		return out, err
	}
	return ask[T](ctx, c, http.MethodPost, path, text)
}

// again is how often a request is asked whose answer did not come, and between is the pause before.
const (
	again   = 3
	between = 200 * time.Millisecond
)

func ask[T any](ctx context.Context, c *Client, method, path string, body []byte) (out T, err error) {
	key := rand.Text()
	for try := range again {
		if try > 0 {
			time.Sleep(between)
		}
		var answer *http.Response
		if answer, err = c.send(ctx, method, path, key, body); err == nil {
			defer answer.Body.Close()
			return read[T](answer)
		}
		if ctx.Err() != nil {
			return out, ctx.Err()
		}
	}
	return out, fault.New(fault.Busy, "client.no_answer", "the server that has this workspace does not answer").At(c.url).Because(err).
		Do("see whether freshet serve is still running, and try again")
}

func (c *Client) send(ctx context.Context, method, path, key string, body []byte) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, c.url+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+c.token)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", key)
	}
	return c.http.Do(r)
}

// mostAnswer is how large an answer may be.
const mostAnswer = 64 << 20

func read[T any](answer *http.Response) (out T, err error) {
	text, err := io.ReadAll(io.LimitReader(answer.Body, mostAnswer))
	if err != nil {
		return out, notUnderstood(err)
	}
	if answer.StatusCode >= http.StatusMultipleChoices {
		var p wire.Problem
		if err := json.Unmarshal(text, &p); err != nil || p.Code == "" {
			return out, notUnderstood(err)
		}
		return out, p.Fault()
	}
	if err := json.Unmarshal(text, &out); err != nil {
		return out, notUnderstood(err)
	}
	return out, nil
}

func notUnderstood(err error) error {
	return fault.New(fault.Internal, "client.answer", "the server's answer cannot be understood").Because(err).
		Do("see whether the server and this program are of one version: freshet version")
}
