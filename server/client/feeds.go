package client

import (
	"context"
	"encoding/base64"
	"net/url"
	"strconv"

	"github.com/freshet/freshet/server/wire"
)

func feedPath(feed, rest string) string { return "/api/feeds/" + url.PathEscape(feed) + rest }

func eventPath(feed string, number int64, rest string) string {
	return feedPath(feed, "/aside/"+strconv.FormatInt(number, 10)+rest)
}

// FeedStatuses tells where every feed stands.
func (c *Client) FeedStatuses(ctx context.Context) ([]wire.FeedStatus, error) {
	list, err := get[wire.FeedList](ctx, c, "/api/feeds", nil)
	return list.Feeds, err
}

// PauseFeed stops a feed until ResumeFeed.
func (c *Client) PauseFeed(ctx context.Context, feed, why string) error {
	_, err := post[wire.FeedStatus](ctx, c, feedPath(feed, "/pause"), wire.Pause{Why: why})
	return err
}

// ResumeFeed lets a feed go on; accept says that what is missing of its stream may stay missing.
func (c *Client) ResumeFeed(ctx context.Context, feed string, accept bool) error {
	_, err := post[wire.FeedStatus](ctx, c, feedPath(feed, "/resume"), wire.Resume{Accept: accept})
	return err
}

// FeedAside lists what a feed has set aside: at most limit events, from behind number after on.
func (c *Client) FeedAside(ctx context.Context, feed string, after int64, limit int) (wire.FeedAsides, error) {
	return get[wire.FeedAsides](ctx, c, feedPath(feed, "/aside"),
		url.Values{"after": {strconv.FormatInt(after, 10)}, "limit": {strconv.Itoa(limit)}})
}

// ShowAside shows one event that was set aside, as it came.
func (c *Client) ShowAside(ctx context.Context, feed string, number int64) (wire.FeedAside, error) {
	return get[wire.FeedAside](ctx, c, eventPath(feed, number, ""), nil)
}

// Release takes an event in after all; edited is put in its value's place, nil leaves it. Number 0 means every event that waits.
func (c *Client) Release(ctx context.Context, feed string, number int64, edited []byte, why string) (wire.Released, error) {
	if number == 0 {
		return post[wire.Released](ctx, c, feedPath(feed, "/aside/retry"), wire.Because{Why: why})
	}
	r := wire.Release{Why: why}
	if edited != nil {
		text := base64.StdEncoding.EncodeToString(edited)
		r.Value, r.ValueBase64 = &text, true
	}
	return post[wire.Released](ctx, c, eventPath(feed, number, "/release"), r)
}

// Drop lets an event go; why says the reason, and stays.
func (c *Client) Drop(ctx context.Context, feed string, number int64, why string) error {
	_, err := post[wire.Dropped](ctx, c, eventPath(feed, number, "/drop"), wire.Drop{Why: why})
	return err
}

// StartReplay asks for a replay of a feed.
func (c *Client) StartReplay(ctx context.Context, feed string, r wire.StartReplay) (wire.ReplayAsked, error) {
	return post[wire.ReplayAsked](ctx, c, feedPath(feed, "/replays"), r)
}

// AwaitReplay waits for the end of a replay; where ctx ends first its error comes back.
func (c *Client) AwaitReplay(ctx context.Context, id string) (wire.Replay, error) {
	for {
		r, err := get[wire.Replay](ctx, c, "/api/replays/"+url.PathEscape(id), url.Values{"wait_seconds": {awaitSeconds}})
		if err != nil || r.State == wire.Done {
			return r, err
		}
	}
}
