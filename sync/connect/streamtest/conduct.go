package streamtest

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
)

func checkPause(t *testing.T, b *bench) {
	b.peer.Create(Topic, 2)
	b.write(Topic, 0, 5)
	r := b.open(connect.StreamOptions{})
	r.wait(5)
	r.stream.Pause()
	r.idle(200 * time.Millisecond)
	before := len(r.events)
	b.write(Topic, 0, 10)
	b.write(Topic, 1, 10)
	r.idle(700 * time.Millisecond)
	if n := len(r.events) - before; n > 0 {
		t.Errorf("%d events came while it was paused", n)
	}
	r.stream.Resume()
	r.wait(before + 20)
	same(t, "partition 0", r.offsets(0), run(0, 15))
	same(t, "partition 1", r.offsets(1), run(0, 10))
}

// checkMemory: no Fetch is larger than the bound, but for a single batch that is.
func checkMemory(t *testing.T, b *bench) {
	const bound, size, count = 2 << 20, 60 << 10, 300
	b.peer.Create(Topic, 3)
	for i := range count {
		b.peer.Write(model.Event{Topic: Topic, Partition: int32(i % 3), Key: []byte(Canary), Value: bytes.Repeat([]byte("v"), size)})
	}
	r := b.open(connect.StreamOptions{MaxBytes: bound})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for n := 0; n < count; {
		f, err := r.stream.Poll(ctx)
		if err != nil {
			t.Fatal(err)
		}
		held := 0
		for i := range f.Events {
			held += f.Events[i].Size()
		}
		if held > bound {
			t.Errorf("%d bytes in hand at once, %d allowed", held, bound)
		}
		n += len(f.Events)
	}
}

func checkCanceled(t *testing.T, b *bench) {
	b.peer.Create(Topic, 1)
	r := b.open(connect.StreamOptions{})
	r.noted(connect.Assigned)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(100*time.Millisecond, cancel)
	began := time.Now()
	var err error
	for err == nil {
		_, err = r.stream.Poll(ctx)
	}
	if !errors.Is(err, context.Canceled) || time.Since(began) > 5*time.Second {
		t.Errorf("a canceled Poll says %v after %s", err, time.Since(began))
	}
	b.write(Topic, 0, 3)
	r.wait(3)
	if _, err := b.source.Open(ctx, connect.StreamOptions{Feed: "carts", Topics: []string{Topic}}); !errors.Is(err, context.Canceled) {
		t.Errorf("opening with a canceled context says %v", err)
	}
}

func checkClose(t *testing.T, b *bench) {
	b.peer.Create(Topic, 1)
	b.write(Topic, 0, 5)
	r := b.open(connect.StreamOptions{})
	r.wait(5)
	known := r.commit()
	ended := make(chan error, 1)
	go func() {
		for {
			if _, err := r.stream.Poll(t.Context()); err != nil {
				ended <- err
				return
			}
		}
	}()
	time.Sleep(100 * time.Millisecond)
	r.close()
	select {
	case err := <-ended:
		if !fault.Is(err, "stream.closed") {
			t.Errorf("the Poll under way says %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Error("the Poll under way did not end")
	}
	if _, err := r.stream.Poll(t.Context()); !fault.Is(err, "stream.closed") {
		t.Errorf("a Poll after it says %v", err)
	}
	_ = r.stream.Commit(t.Context(), known)
	r.close() // once more is nothing
	b.write(Topic, 0, 5)
	began := time.Now()
	again := b.open(connect.StreamOptions{Known: known})
	again.wait(5)
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("the next reader waited for %s", took)
	}
	same(t, "after it", again.offsets(0), run(5, 10))
}
