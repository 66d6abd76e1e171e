package control_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/freshet/freshet/connectors/webhook/webhookfake"
	"github.com/freshet/freshet/sync/run"
)

// TestKilledAtAnyPoint kills the program with SIGKILL at random points of runs with removals and partial failures, and
// starts it again, until every change of the model has arrived. Guarantees G1, G2, G3.
func TestKilledAtAnyPoint(t *testing.T) {
	kills := 200
	if testing.Short() {
		kills = 20
	}
	seed := seedOf(t)
	c := &crashes{shop: newShop(t, 1200, "mirror", ""), rng: rand.New(rand.NewPCG(seed, 1))}
	c.kill(50 * time.Millisecond) // before there is a ledger
	c.finish()
	for round := 0; c.killed < kills; round++ {
		c.change(round)
		c.untilDone()
	}
	t.Logf("killed %d times in %d runs; %d repeated calls", c.killed, c.runs, c.receiver.Counts().Repeats)
	if most := int64(c.killed) * inFlight; c.receiver.Counts().Repeats > most {
		t.Errorf("%d calls were repeated after %d kills; at most the %d in flight at each may be", c.receiver.Counts().Repeats, c.killed, most)
	}
	service := c.service()
	defer service.Close()
	if found, err := service.VerifyAudit(t.Context(), ""); err != nil || !found.Intact || found.Entries < int64(c.runs-c.killed) {
		t.Errorf("after that the audit log is %+v, %v", found, err)
	}
}

// inFlight is how many calls the receiver's lane carries at once.
const inFlight = 4

// seedOf takes the seed from FRESHET_SEED or the clock, and prints it.
func seedOf(t *testing.T) uint64 {
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("FRESHET_SEED"); text != "" {
		seed, _ = strconv.ParseUint(text, 10, 64)
	}
	t.Logf("FRESHET_SEED=%d", seed)
	return seed
}

type crashes struct {
	*shop
	rng          *rand.Rand
	killed, runs int
	took         time.Duration // of the quickest undisturbed run so far
}

// change makes a round's changes: new rows, changed rows, removed rows, and rows the receiver refuses or drops.
func (c *crashes) change(round int) {
	from := c.rng.IntN(1000)
	c.exec(`update customers set ltv = ltv + 0.01, name = 'round ' || ? where id % 7 = ?`, round, round%7)
	c.exec(`delete from customers where id between ? and ?`, from, from+40)
	c.exec(`insert into customers select i, 'u' || i || '@example.com', 'Returned ' || i, 'free', 5 from range(?, ?) t(i)
		where i not in (select id from customers)`, c.rng.IntN(1200), 1200+round)
	for range 3 {
		c.receiver.Inject(c.fault())
	}
}

func (c *crashes) fault() webhookfake.Fault {
	kinds := []webhookfake.Kind{webhookfake.PartialReject, webhookfake.DropAfterApply, webhookfake.DropBeforeApply,
		webhookfake.OmitOutcome, webhookfake.ServerErrorApplied}
	return webhookfake.Fault{Kind: kinds[c.rng.IntN(len(kinds))], Rows: []int{c.rng.IntN(20)}}
}

// untilDone kills run after run at random points, then lets runs end until nothing is left to do.
func (c *crashes) untilDone() {
	c.t.Helper()
	for range 4 + c.rng.IntN(4) {
		c.kill(time.Duration(c.rng.IntN(int(c.usual()))))
		if c.rng.IntN(3) == 0 { // the source moves on while a run lies dead: what it had sent may have to go again
			from := c.rng.IntN(1200)
			c.exec(`delete from customers where id between ? and ?`, from, from+150)
		}
	}
	for range 5 {
		report := c.finish()
		if report.Unaccounted != 0 {
			c.t.Fatalf("%d rows are unaccounted for: %+v", report.Unaccounted, report)
		}
		if report.Status == run.OK && !report.Resumed {
			c.receives(everything)
			return
		}
	}
	c.t.Fatal("five undisturbed runs did not bring the receiver up to date")
}

// usual is a little more than an undisturbed run takes: it is measured as the test goes.
func (c *crashes) usual() time.Duration { return max(c.took*5/4, 100*time.Millisecond) }

func (c *crashes) command() *exec.Cmd {
	c.t.Helper()
	return freshet(c.t, c.dir, "run", "customers", "--json", "--wait", "20s")
}

// kill starts a run and kills it after a while, if it has not ended by itself.
func (c *crashes) kill(after time.Duration) {
	c.t.Helper()
	cmd := c.command()
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	c.runs++
	timer := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	if err := cmd.Wait(); err != nil && cmd.ProcessState.ExitCode() == -1 {
		c.killed++
	}
}

// finish lets a run end. A run that left rows refused or waiting ends with a code of its own; its report says so.
func (c *crashes) finish() run.Report {
	c.t.Helper()
	var out, errs bytes.Buffer
	cmd := c.command()
	cmd.Stdout, cmd.Stderr = &out, &errs
	began := time.Now()
	err := cmd.Run()
	if took := time.Since(began); c.took == 0 || took < c.took {
		c.took = took
	}
	c.runs++
	var report run.Report
	if json.Unmarshal(out.Bytes(), &report) != nil || report.Run == "" {
		c.t.Fatalf("a run failed: %v\n%s%s", err, errs.String(), out.String())
	}
	return report
}
