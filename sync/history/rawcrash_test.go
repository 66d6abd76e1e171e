package history

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/freshet/freshet/sync/model"
)

const crashPartitions = 2

// account is what a child said it had done, by partition: offsets below a number.
type account struct {
	archived [crashPartitions]int64 // must be there
	erasing  [crashPartitions]int64 // those that are erased may be gone
	erased   [crashPartitions]int64 // must be gone
	removing [crashPartitions]int64 // may be gone
	removed  [crashPartitions]int64 // must be gone
}

// doomed are the events that the child erases.
func doomed(e *model.Event) bool { return e.Offset%10 == 7 }

// keepForEver reads a stream from an archived position on, as a feed does, and does everything that can be done with a
// history at random. It prints what it has done only when that has returned.
func keepForEver(dir string, args []string) {
	numbers := make([]int64, len(args))
	for i, a := range args {
		numbers[i], _ = strconv.ParseInt(a, 10, 64)
	}
	random := rand.New(rand.NewPCG(uint64(numbers[0]), 0))
	k := &keeper{r: New(dir).Raw("carts"), random: random, retains: numbers[1] == 1}
	copy(k.at[:], numbers[2:])
	k.archived = k.at
	fmt.Println("ready")
	for {
		k.step(context.Background())
	}
}

type keeper struct {
	r            *Raw
	random       *rand.Rand
	retains      bool
	at, archived [crashPartitions]int64
}

func (k *keeper) step(ctx context.Context) {
	switch n := k.random.IntN(20); {
	case n < 10:
		p := k.random.IntN(crashPartitions)
		list := streamed(int32(p), k.at[p], 1+k.random.IntN(40))
		k.at[p] += int64(len(list))
		die(k.r.Append(ctx, list))
	case n < 16:
		positions, err := k.r.Flush(ctx)
		die(err)
		for _, p := range positions {
			k.archived[p.Partition] = p.Next
		}
		say("archived", k.archived)
	case n < 18:
		die(k.r.Compact(ctx))
	case n < 19:
		say("erasing", k.at)
		_, err := k.r.Erase(ctx, doomed)
		die(err)
		say("erased", k.archived)
	case k.retains:
		say("removing", k.archived)
		_, err := k.r.Retain(ctx, time.Now(), 0, 20_000)
		die(err)
		say("removed", k.lowest(ctx))
	}
}

// lowest is the first offset of each partition that is there.
func (k *keeper) lowest(ctx context.Context) (low [crashPartitions]int64) {
	low = k.archived
	list, err := reads(ctx, k.r, Range{})
	die(err)
	for i := range list {
		low[list[i].Partition] = min(low[list[i].Partition], list[i].Offset)
	}
	return low
}

func die(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
}

func say(what string, at [crashPartitions]int64) { fmt.Println(what, at[0], at[1]) }

// TestRawHistorySurvivesKilling: after SIGKILL at any point of writing, merging, erasing and removing, everything that
// Flush acknowledged is there exactly once, what was erased and removed is not, and the feed goes on from there. A child
// lives longer the later it is born: what takes long on a slow machine, as erasing in a long history, ends at last.
func TestRawHistorySurvivesKilling(t *testing.T) {
	random := seeded(t)
	for _, retains := range []bool{false, true} {
		dir, a := t.TempDir(), &account{}
		for round := 0; round < 40 || round < 400 && !a.tells(retains); round++ {
			killedKeeper(t, dir, random.Int64(), retains, a, time.Duration(random.IntN(80_000*(1+round/20)))*time.Microsecond)
			r := New(dir).Raw("carts")
			a.check(t, readAll(t, r, Range{}))
		}
		if !a.tells(retains) {
			t.Errorf("too little was archived, erased or removed, the test proves little: %+v", *a)
		}
	}
}

// tells says whether enough has happened to prove something.
func (a *account) tells(retains bool) bool {
	return a.archived[0]+a.archived[1] > 1000 && a.erased[0] > 0 && (!retains || a.removed[0] > 0)
}

// killedKeeper lets a child work for a while and takes what it said into the account.
func killedKeeper(t *testing.T, dir string, seed int64, retains bool, a *account, after time.Duration) {
	t.Helper()
	retain := "0"
	if retains {
		retain = "1"
	}
	cmd := exec.Command(os.Args[0], dir, fmt.Sprint(seed), retain, fmt.Sprint(a.archived[0]), fmt.Sprint(a.archived[1]))
	cmd.Env = append(os.Environ(), childJob+"=keep")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	ready := make([]byte, len("ready\n"))
	if _, err := io.ReadFull(out, ready); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
	rest, err := io.ReadAll(out)
	must(t, err)
	_ = cmd.Wait()
	if cmd.ProcessState.ExitCode() >= 0 {
		t.Fatalf("the child ended by itself: %s", cmd.ProcessState)
	}
	whole := rest[:bytes.LastIndexByte(rest, '\n')+1] // the last line is torn by the kill
	for line := range strings.Lines(string(whole)) {
		a.take(t, line)
	}
}

func (a *account) take(t *testing.T, line string) {
	t.Helper()
	var what string
	var at [crashPartitions]int64
	if _, err := fmt.Sscan(line, &what, &at[0], &at[1]); err != nil {
		t.Fatal(err)
	}
	of := map[string]*[crashPartitions]int64{"archived": &a.archived, "erasing": &a.erasing, "erased": &a.erased,
		"removing": &a.removing, "removed": &a.removed}[what]
	for p := range at {
		of[p] = max(of[p], at[p])
	}
}

func (a *account) check(t *testing.T, got []model.Event) {
	t.Helper()
	must(t, inOrder(got))
	for p := range crashPartitions {
		there := map[int64]bool{}
		for i := range got {
			e := &got[i]
			if e.Partition != int32(p) {
				continue
			}
			if want := streamed(e.Partition, e.Offset, 1); !same(e, &want[0]) {
				t.Fatalf("event %d of partition %d is another", e.Offset, p)
			}
			there[e.Offset] = true
			if e.Offset < a.removed[p] || e.Offset < a.erased[p] && doomed(e) {
				t.Fatalf("event %d of partition %d was taken away and is back", e.Offset, p)
			}
		}
		first := a.archived[p]
		for offset := range there {
			first = min(first, offset)
		}
		if first > max(a.removing[p], a.removed[p]) {
			t.Fatalf("partition %d begins at %d, nothing behind %d was removed", p, first, a.removing[p])
		}
		for offset := first; offset < a.archived[p]; offset++ {
			if !there[offset] && !(doomed(&model.Event{Offset: offset}) && offset < a.erasing[p]) {
				t.Fatalf("event %d of partition %d was archived and is gone", offset, p)
			}
		}
	}
}
