package demo

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/freshet/freshet/connectors/hubspot/hubspotfake"
	"github.com/freshet/freshet/connectors/kafka/kafkafake"
	"github.com/freshet/freshet/connectors/webhook/webhookfake"
)

//go:embed template/stream.yaml
var streamTemplate string

// shoppers is how many there are in the stream; every second one orders in time.
const shoppers = 400

// Streamed is what the chapter about streams came to.
type Streamed struct {
	Events    int     `json:"events"`
	Abandoned int     `json:"abandoned"` // members of the audience, at both receivers
	Changes   int     `json:"changes"`   // of members' names, whose way was timed
	P50       float64 `json:"p50_ms"`    // from commit in the source to confirmation by the destination
	P99       float64 `json:"p99_ms"`
}

// carts is a broker with its receivers, and the program that serves between them.
type carts struct {
	story   *Story
	dir     string
	kafka   *kafkafake.Cluster
	ads     *webhookfake.Server
	crm     *hubspotfake.Server
	serving *exec.Cmd
	out     sync.WaitGroup
	said    *said
	events  int
	nr      int
	waiting []kafkafake.Record // to be written together
}

// stream tells the chapter: carts happen, time passes, and who abandoned one is at both receivers; then changes are timed.
func (s *Story) stream(ctx context.Context) error {
	c := &carts{story: s, dir: filepath.Join(s.Dir, "carts"), said: &said{}}
	defer c.close()
	for _, step := range []func(context.Context) error{c.begin, c.happen, c.killAndServe, c.arrive, c.timeChanges} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	s.Result.Streamed = &Streamed{Events: c.events, Abandoned: shoppers / 2, Changes: shoppers / 2, P50: c.said.percentile(50), P99: c.said.percentile(99)}
	s.screen.tell("Of %s changed names half were confirmed within %.0f ms of their commit, 99 %% within %.0f ms.", number(int64(shoppers/2)),
		s.Result.Streamed.P50, s.Result.Streamed.P99)
	return nil
}

// begin starts the broker and the receivers, writes the workspace and serves it.
func (c *carts) begin(ctx context.Context) (err error) {
	if c.kafka, err = kafkafake.Start(kafkafake.Options{}); err != nil {
		return notStarted(err)
	}
	for _, topic := range []string{"shop.shoppers", "shop.carts", "shop.orders"} {
		if err := c.kafka.Create(topic, 3, nil); err != nil {
			return notStarted(err)
		}
	}
	secrets := c.story.receivers.secrets
	if c.ads, err = webhookfake.Start("", webhookfake.Options{Secret: secrets["HOOK_SECRET"]}); err != nil {
		return notStarted(err)
	}
	if c.crm, err = hubspotfake.Start(hubspotfake.Options{Token: secrets["HUBSPOT_TOKEN"], Calls: hubspotCalls, Per: hubspotPer}); err != nil {
		return notStarted(err)
	}
	if err := os.MkdirAll(c.dir, 0o700); err != nil {
		return unwritable(c.dir, err)
	}
	text := strings.NewReplacer("{{broker}}", c.kafka.Addresses()[0], "{{webhook}}", c.ads.URL(), "{{hubspot}}", c.crm.URL()).Replace(streamTemplate)
	if err := os.WriteFile(filepath.Join(c.dir, "freshet.yaml"), []byte(text), 0o600); err != nil {
		return unwritable(c.dir, err)
	}
	c.story.screen.tell("A broker that speaks Kafka's protocol, an ad network and a CRM, all on this machine; %s in a topic.", counted(shoppers, "shopper", "shoppers"))
	for id := range shoppers {
		c.shopper(id, "Ada")
	}
	if err := c.flush(ctx); err != nil {
		return err
	}
	return c.serve(ctx)
}

// serve starts `freshet serve` in a process of its own and reads what it tells.
func (c *carts) serve(ctx context.Context) error {
	c.story.screen.typed("freshet -w carts serve")
	cmd := c.story.o.Command(ctx, "-w", c.dir, "serve", "--json")
	cmd.Env = append(cmd.Environ(), c.story.receivers.environment()...)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return failed("this program cannot be started once more: "+err.Error(), "check that its file is still there")
	}
	c.serving = cmd
	c.out.Go(func() { c.said.read(out) })
	return nil
}

// shopper writes what a database says of a shopper, as Debezium would.
func (c *carts) shopper(id int, name string) {
	now := time.Now().UnixMilli()
	c.put("shop.shoppers", fmt.Sprint(id), fmt.Sprintf(`{"before":null,"after":{"shopper_id":%d,"email":"shopper%d@example.com","first_name":%q},"op":"u",`+
		`"source":{"connector":"postgresql","name":"shop","table":"shoppers","ts_ms":%d}}`, id, id, name, now))
}

// happened writes an event of a shopper's cart.
func (c *carts) happened(topic, number string, shopper int, at time.Time) {
	c.nr++
	c.put(topic, fmt.Sprint(shopper), fmt.Sprintf(`{%q:%d,"shopper_id":%d,"cart_id":%d,"happened":%d}`, number, c.nr, shopper, shopper, at.UnixMilli()))
}

func (c *carts) put(topic, key, value string) {
	c.events++
	c.waiting = append(c.waiting, kafkafake.Record{Topic: topic, Partition: kafkafake.Any, Key: []byte(`{"shopper_id":` + key + `}`), Value: []byte(value)})
}

func (c *carts) flush(ctx context.Context) error {
	records := c.waiting
	c.waiting = nil
	if err := c.kafka.Write(ctx, records...); err != nil {
		return failed("the broker does not take events: "+err.Error(), "try again")
	}
	return nil
}

// happen lets every shopper fill a cart, and every second one order it at once.
func (c *carts) happen(ctx context.Context) error {
	for id := range shoppers {
		now := time.Now()
		c.happened("shop.carts", "event_id", id, now.Add(-100*time.Millisecond))
		if id%2 == 0 {
			c.happened("shop.orders", "order_id", id, now)
		}
		if id%20 == 19 {
			if err := c.flush(ctx); err != nil {
				return err
			}
			time.Sleep(40 * time.Millisecond)
		}
	}
	c.story.screen.tell("%s fill a cart; every second one orders it.", number(shoppers))
	return c.flush(ctx)
}

// killAndServe kills the serving process in the middle of it and starts it again.
func (c *carts) killAndServe(ctx context.Context) error {
	if err := c.story.wait(ctx, func() bool { return len(c.ads.Records("abandoned_carts")) > 0 }); err != nil {
		return err
	}
	_ = c.serving.Process.Kill()
	_ = c.serving.Wait()
	c.story.screen.tell("Killed with SIGKILL when %s had reached the ad network; and once more:", counted(int64(len(c.ads.Records("abandoned_carts"))), "member", "members"))
	return c.serve(ctx)
}

// arrive waits until both receivers hold exactly those who abandoned their carts.
func (c *carts) arrive(ctx context.Context) error {
	err := c.story.wait(ctx, func() bool {
		return len(c.ads.Records("abandoned_carts")) == shoppers/2 && len(c.crm.Records("contacts")) == shoppers/2
	})
	if err != nil {
		return err
	}
	for key := range c.ads.Records("abandoned_carts") {
		var id int
		if _, err := fmt.Sscan(key, &id); err != nil || id%2 == 0 {
			return failed("the ad network holds a shopper who ordered in time", "this must not happen: please report it")
		}
	}
	c.story.screen.tell("Two seconds after their last cart the other %s are in the audience: at the ad network and in the CRM, nobody else.", number(shoppers/2))
	return nil
}

// timeChanges changes the members' names one after the other and waits until the ad network has them.
func (c *carts) timeChanges(ctx context.Context) error {
	c.said.forget()
	for id := 1; id < shoppers; id += 2 {
		c.shopper(id, "Grace")
		if err := c.flush(ctx); err != nil {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
	err := c.story.wait(ctx, func() bool {
		for _, r := range c.ads.Records("abandoned_carts") {
			if r.Fields["first_name"] != "Grace" {
				return false
			}
		}
		return true
	})
	time.Sleep(1200 * time.Millisecond) // what it has confirmed is told once a second
	return err
}

// close ends the serving process and the servers.
func (c *carts) close() {
	if c.serving != nil && c.serving.ProcessState == nil {
		_ = c.serving.Process.Signal(syscall.SIGTERM)
		_ = c.serving.Wait()
	}
	c.out.Wait()
	if c.kafka != nil {
		c.kafka.Close()
	}
	if c.ads != nil {
		c.ads.Close()
	}
	if c.crm != nil {
		c.crm.Close()
	}
}

// wait waits until something holds.
func (s *Story) wait(ctx context.Context, holds func() bool) error {
	for began := time.Now(); time.Since(began) < patience; {
		if holds() {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
	return failed("what was to arrive did not arrive within a minute", "try again: this machine may be very busy")
}

// said is what the serving process has told of the ad network's sync.
type said struct {
	mu       sync.Mutex
	p50, p99 []float64
}

// read reads its lines until it ends.
func (s *said) read(out io.Reader) {
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		var l struct {
			Sync string  `json:"sync"`
			P50  float64 `json:"p50_ms"`
			P99  float64 `json:"p99_ms"`
		}
		if json.Unmarshal(lines.Bytes(), &l) == nil && l.Sync == "abandoned_to_ads" && l.P99 > 0 {
			s.mu.Lock()
			s.p50, s.p99 = append(s.p50, l.P50), append(s.p99, l.P99)
			s.mu.Unlock()
		}
	}
}

func (s *said) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.p50, s.p99 = nil, nil
}

// percentile is the median of the seconds' medians for 50, and the largest of their 99th percentiles for 99.
func (s *said) percentile(p int) float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.p50) == 0 {
		return 0
	}
	if p == 99 {
		return slices.Max(s.p99)
	}
	slices.Sort(s.p50)
	return s.p50[len(s.p50)/2]
}
