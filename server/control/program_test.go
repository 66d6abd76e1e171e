package control_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// program builds freshet itself, once, without the race detector: a test that kills it wants many runs of the program as
// users have it.
var program = sync.OnceValues(func() (string, error) {
	path := filepath.Join(programDir, "freshet")
	out, err := exec.Command("go", "build", "-buildvcs=false", "-o", path, "../cmd/freshet").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("freshet cannot be built: %w\n%s", err, out)
	}
	return path, nil
})

// programDir is where the program is kept while the tests run.
var programDir string

func TestMain(m *testing.M) {
	if path := os.Getenv(writeChild); path != "" {
		os.Exit(writeWarehouse(path))
	}
	os.Exit(withProgramDir(m.Run))
}

func withProgramDir(run func() int) int {
	dir, err := os.MkdirTemp("", "freshet-program-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	programDir = dir
	return run()
}

// freshet is the program, about to begin in a workspace's folder.
func freshet(t testing.TB, dir string, args ...string) *exec.Cmd {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "HOOK_SECRET="+hookSecret)
	return cmd
}
