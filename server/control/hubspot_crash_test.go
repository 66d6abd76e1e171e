package control_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/freshet/freshet/connectors/hubspot/hubspotfake"
	"github.com/freshet/freshet/sync/run"
)

// TestKilledWhileWritingContacts kills the program at random points of mirrors with removals, moves and partial
// failures: in the end HubSpot holds the model, and no customer has two contacts. Guarantees G1, G2, G3.
func TestKilledWhileWritingContacts(t *testing.T) {
	kills := 30
	if testing.Short() {
		kills = 6
	}
	seed := seedOf(t)
	h := newHubOf(t, 1500, "mirror", "archive", hubDestination, hubspotfake.Options{Latency: 10 * time.Millisecond})
	c := &hubCrashes{hub: h, crashes: &crashes{shop: h.shop, rng: rand.New(rand.NewPCG(seed, 1))}}
	c.finish()
	for round := 0; c.killed < kills; round++ {
		c.change(round)
		c.untilDone()
	}
	t.Logf("killed %d times in %d runs; %d times there was something to resume", c.killed, c.runs, c.resumed)
}

type hubCrashes struct {
	*crashes
	hub     *hub
	resumed int
}

// change makes a round's changes: plans, addresses, removals, new and returning customers, and HubSpot's failures.
func (c *hubCrashes) change(round int) {
	c.exec(`update customers set plan = 'round ' || ? where id % 5 = ?`, round, round%5)
	c.exec(`update customers set email = 'r' || ? || '-' || id || '@example.com' where id % 11 = ?`, round, round%11)
	c.exec(`insert into customers select i, 'back' || ? || '-' || i || '@example.com', 'Returned ' || i, 'free', 5, null, null, null
		from range(?, ?) t(i) where i not in (select id from customers)`, round, c.rng.IntN(1400), 1500+40*round)
	c.leave()
	for range 3 {
		c.hub.crm.Inject(c.fault())
	}
}

// killAfter starts a run and kills it once HubSpot has seen so many of its writes.
func (c *hubCrashes) killAfter(writes int) {
	c.t.Helper()
	enough := c.hub.crm.Writes() + writes
	cmd := c.command()
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	c.runs++
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait()
	}()
	for {
		select {
		case <-ended:
			if cmd.ProcessState.ExitCode() == -1 {
				c.killed++
			}
			return
		case <-time.After(time.Millisecond):
			if c.hub.crm.Writes() >= enough {
				_ = cmd.Process.Kill()
			}
		}
	}
}

// leave takes customers out of the model.
func (c *hubCrashes) leave() {
	from := c.rng.IntN(1400)
	c.exec(`delete from customers where id between ? and ?`, from, from+60)
}

func (c *hubCrashes) fault() hubspotfake.Fault {
	faults := []hubspotfake.Fault{{Drop: true}, {Drop: true, Applied: true}, {Omit: []int{c.rng.IntN(50)}},
		{Reject: []int{c.rng.IntN(50)}}, {Status: 502, Applied: true}, {Cut: true}}
	f := faults[c.rng.IntN(len(faults))]
	f.On = hubspotfake.Writes
	return f
}

// untilDone kills run after run, changing the model while some lie dead, then lets runs end until all is done.
func (c *hubCrashes) untilDone() {
	c.t.Helper()
	for range 3 + c.rng.IntN(3) {
		c.killAfter(c.rng.IntN(12))
		switch c.rng.IntN(4) {
		case 0:
			c.leave()
		case 1:
			c.exec(`update customers set email = 'dead' || ? || '-' || id || '@example.com' where id % 13 = ?`, c.runs, c.runs%13)
		}
	}
	for range 6 {
		report := c.finish()
		if report.Resumed {
			c.resumed++
		}
		if report.Unaccounted != 0 {
			c.t.Fatalf("%d rows are unaccounted for: %+v", report.Unaccounted, report)
		}
		if report.Status == run.OK && !report.Resumed {
			c.hub.matches()
			return
		}
	}
	c.t.Fatalf("six undisturbed runs did not bring HubSpot up to date")
}
