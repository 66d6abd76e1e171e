package lab

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
)

// tools is where the programs are.
type tools struct {
	java     string
	jars     string // folders of jars: kafka, and the plugins debezium and avro
	postgres string // folder of initdb and postgres
}

// findTools says what is missing, if anything is, and how to get it.
func findTools() (tools, error) {
	found := tools{jars: filepath.Join(root(), ".cache", "kafkalab", "jars"), postgres: postgresPrograms()}
	if runtime.GOOS != "linux" {
		return found, fmt.Errorf("the laboratory runs on Linux only, not on %s", runtime.GOOS)
	}
	java, err := exec.LookPath("java")
	if err != nil {
		return found, errors.New("java is missing: run make test-kafka, or install a JDK of version 17 or newer")
	}
	found.java = java
	if _, err := os.Stat(filepath.Join(found.jars, "complete")); err != nil {
		return found, errors.New("the jars of Kafka and Debezium are missing: run make test-kafka, which needs Maven and Maven Central")
	}
	if found.postgres == "" {
		return found, errors.New("the PostgreSQL server is missing: run make test-kafka, or install the package postgresql")
	}
	return found, nil
}

// root is the folder of go.mod, above the folder a test runs in.
func root() string {
	dir, err := os.Getwd()
	for err == nil && dir != filepath.Dir(dir) {
		if _, missing := os.Stat(filepath.Join(dir, "go.mod")); missing == nil {
			return dir
		}
		dir = filepath.Dir(dir)
	}
	return "."
}

// postgresPrograms finds initdb: the newest where Debian and Red Hat put it, outside of the path, or on the path.
func postgresPrograms() string {
	var found []string
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin/initdb", "/usr/pgsql-*/bin/initdb"} {
		names, _ := filepath.Glob(pattern)
		found = append(found, names...)
	}
	if len(found) > 0 {
		return filepath.Dir(slices.Max(found))
	}
	if name, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(name)
	}
	return ""
}
