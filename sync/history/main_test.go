package history

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"
)

// childJob names what this test binary does when a test starts it again as a process of its own.
const childJob = "FRESHET_HISTORY_TEST_JOB"

func TestMain(m *testing.M) {
	switch os.Getenv(childJob) {
	case "":
		os.Exit(m.Run())
	case "keep":
		keepForEver(os.Args[1], os.Args[2:])
	case "large":
		if err := keepLarge(os.Args[1]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(2)
}

// seeded is a source of chance whose seed is printed, and can be given as FRESHET_SEED.
func seeded(t testing.TB) *rand.Rand {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if given, err := strconv.ParseUint(os.Getenv("FRESHET_SEED"), 10, 64); err == nil {
		seed = given
	}
	t.Logf("seed %d (FRESHET_SEED repeats it)", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
