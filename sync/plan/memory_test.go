package plan

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/model"
)

// TestAPlanOfAnyLengthTakesTheSameMemory: ten times the steps need no more than the index of their blocks. Guarantee G7.
func TestAPlanOfAnyLengthTakesTheSameMemory(t *testing.T) {
	short, long := heldWhileWriting(t, 20_000), heldWhileWriting(t, 200_000)
	t.Logf("%d kB are held for 20,000 steps, %d kB for 200,000", short>>10, long>>10)
	if long > short+512<<10 {
		t.Errorf("ten times the steps hold %d kB more", (long-short)>>10)
	}
}

// heldWhileWriting is how many bytes a writer holds once it was given so many steps.
func heldWhileWriting(t *testing.T, steps int) int64 {
	t.Helper()
	dir := t.TempDir()
	out, err := os.Create(filepath.Join(dir, "plan"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	before := heap()
	w := NewWriter(out, func() (Spill, error) { return os.CreateTemp(dir, "spill") })
	defer w.Discard()
	for i := range steps {
		n := strconv.Itoa(i)
		fields := model.Fields{{Name: "email", Value: model.Text("person" + n + "@example.com")}, {Name: "name", Value: model.Text("Ann " + n)}}
		if err := w.Add(&Step{Kind: Enter, Verb: connect.Upsert, Key: model.Key(n), RowHash: uint64(i), Fields: fields}); err != nil {
			t.Fatal(err)
		}
	}
	held := heap() - before
	runtime.KeepAlive(w)
	return held
}

func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
