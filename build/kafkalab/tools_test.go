package lab

import (
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestMissingToolsAreNamed: who lacks something is told what, and how to get it.
func TestMissingToolsAreNamed(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the laboratory runs on Linux only")
	}
	t.Setenv("PATH", t.TempDir())
	_, err := findTools()
	if err == nil || !strings.Contains(err.Error(), "java") || !strings.Contains(err.Error(), "make test-kafka") {
		t.Errorf("without anything it says %v", err)
	}
}

// TestSamplesAreThere: the tests of decoders have real events to read, whoever runs them.
func TestSamplesAreThere(t *testing.T) {
	names, _ := filepath.Glob(filepath.Join("..", "..", "sync", "window", "testdata", "debezium-postgres", "*.jsonl"))
	if len(names) < 20 {
		t.Errorf("%d files of samples, want 20 or more", len(names))
	}
}
