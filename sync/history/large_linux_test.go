package history

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/freshet/freshet/sync/model"
)

// large makes deliveries whose payloads have the given sizes in turn, a few at a time: together they are far more than any
// process here may take.
func large(n int, sizes ...int) func() ([]Delivery, error) {
	made := 0
	return func() ([]Delivery, error) {
		list := delivered("a", "run_1", 0, min(3, n-made))
		for i := range list {
			list[i].Key = model.Key(strconv.Itoa(made))
			list[i].Ord = int64(made)
			list[i].Fields = payload(made, sizes[made%len(sizes)])
			made++
		}
		return list, nil
	}
}

// payload is one that no compression makes small.
func payload(seed, size int) string {
	var b strings.Builder
	b.Grow(size + 32)
	x := uint64(seed)*2654435761 + 1
	for b.Len() < size {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		b.WriteString(strconv.FormatUint(x, 36))
	}
	return b.String()
}

// TestLargePayloadsTakeLittleMemory: a run with payloads of 300 KB to 2 MB, 500 MB together, is written and traced by a
// process that takes less than that, DuckDB's own memory included.
func TestLargePayloadsTakeLittleMemory(t *testing.T) {
	dir := t.TempDir()
	child := exec.Command(os.Args[0], dir)
	child.Env = append(os.Environ(), childJob+"=large")
	out, err := child.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out[:min(len(out), 4000)])
	}
	var peak int
	if _, err := fmt.Sscanf(string(out), "peak %d MB", &peak); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Logf("peak %d MB", peak)
	if peak > 400*slower {
		t.Errorf("writing and tracing took %d MB", peak)
	}
}

// keepLarge is that process.
func keepLarge(dir string) error {
	s := New(dir)
	const n = 600
	sizes := []int{300 << 10, 300 << 10, 1 << 20, 300 << 10, 2 << 20}
	_, rows, err := s.Write(context.Background(), "a", "run_1", large(n, sizes...))
	if err != nil || rows != n {
		return fmt.Errorf("wrote %d rows: %w", rows, err)
	}
	for _, i := range []int{0, 4, n / 2, n - 1} {
		list, err := s.Trace(context.Background(), "a", model.Key(strconv.Itoa(i)))
		if err != nil || len(list) != 1 || list[0].Fields != payload(i, sizes[i%len(sizes)]) {
			return fmt.Errorf("tracing %d: %d deliveries: %w", i, len(list), err)
		}
	}
	peak, err := peakMB()
	fmt.Printf("peak %d MB\n", peak)
	return err
}

// peakMB is the most memory that this process has had.
func peakMB() (int, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	kb, err := strconv.Atoi(strings.Fields(rest)[0])
	return kb >> 10, err
}
