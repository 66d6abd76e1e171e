package duckdbsource

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/connect/sourcetest"
	"github.com/freshet/freshet/sync/engine"
	"github.com/freshet/freshet/sync/fault"
)

// writer is a database file being written: a source that opens it for writing and runs statements in it.
type writer struct {
	path       string
	statements []string
}

func (writer) Close() error { return nil }

func (w writer) Attach(ctx context.Context, db connect.SQL, _ string) ([]connect.Problem, error) {
	for _, q := range append([]string{"ATTACH '" + strings.ReplaceAll(w.path, "'", "''") + "' AS target", "USE target"}, w.statements...) {
		if err := db.Exec(ctx, q); err != nil {
			return nil, err
		}
	}
	return nil, db.Exec(ctx, "USE memory")
}

// write opens the file in an engine of its own, which the caller closes.
func write(t *testing.T, path string, statements ...string) *engine.Engine {
	t.Helper()
	e, err := engine.Open(context.Background(), engine.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Attach(context.Background(), "writer", writer{path, statements}); err != nil {
		t.Fatal(err)
	}
	return e
}

const secretValue = "ada@example.com"

// shop makes a database file with a table of 3 customers.
func shop(t *testing.T, path string) {
	t.Helper()
	e := write(t, path,
		"CREATE TABLE customers (id BIGINT, email VARCHAR)",
		"INSERT INTO customers VALUES (1, '"+secretValue+"'), (2, 'O''Neil'), (9007199254740993, '😀')")
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
}

func settings(path string) connect.Settings {
	return connect.Settings{Name: "warehouse", Values: map[string]string{"path": path}}
}

func healthy(t *testing.T) connect.Settings {
	path := filepath.Join(t.TempDir(), "it's a shop.duckdb")
	shop(t, path)
	return settings(path)
}

func TestConformance(t *testing.T) {
	sourcetest.Run(t, sourcetest.Suite{
		Driver:   Driver(),
		Settings: healthy,
		Table:    "customers",
		Key:      "id",
		Rows:     3,
		Broken: []sourcetest.Broken{
			{Name: "a missing file", Code: "duckdb.missing", Names: []string{"gone.duckdb"}, Settings: gone},
			{Name: "a folder", Code: "duckdb.folder", Settings: folder},
			{Name: "another format", Code: "duckdb.not_a_database", Names: []string{"rows.csv"}, Hides: []string{secretValue}, Settings: csv},
			{Name: "an empty file", Code: "duckdb.not_a_database", Settings: empty},
			{Name: "a newer storage version", Code: "duckdb.newer", Names: []string{"version", "9999"}, Settings: newer},
			{Name: "a file without permission", Code: "duckdb.forbidden", Settings: unreadableFile},
			{Name: "a damaged file", Code: "duckdb.unreadable", Hides: []string{secretValue}, Settings: damaged},
		},
	})
}

func gone(t *testing.T) connect.Settings { return settings(filepath.Join(t.TempDir(), "gone.duckdb")) }

func folder(t *testing.T) connect.Settings { return settings(t.TempDir()) }

func csv(t *testing.T) connect.Settings {
	return written(t, "rows.csv", []byte("email\n"+secretValue+"\n"+strings.Repeat("x", 5000)))
}

func empty(t *testing.T) connect.Settings { return written(t, "empty.duckdb", nil) }

func written(t *testing.T, name string, content []byte) connect.Settings {
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return settings(path)
}

func newer(t *testing.T) connect.Settings {
	s := healthy(t)
	content := content(t, s)
	binary.LittleEndian.PutUint64(content[12:], 9999)
	return written(t, "newer.duckdb", content)
}

func damaged(t *testing.T) connect.Settings {
	content := content(t, healthy(t))
	for i := 4096; i < len(content); i += 7 {
		content[i] ^= 0x5a
	}
	return written(t, "damaged.duckdb", content)
}

func content(t *testing.T, s connect.Settings) []byte {
	t.Helper()
	content, err := os.ReadFile(s.Text("path"))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func unreadableFile(t *testing.T) connect.Settings {
	if os.Getuid() == 0 {
		t.Skip("root reads every file")
	}
	s := healthy(t)
	if err := os.Chmod(s.Text("path"), 0); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestHolder is not a test of its own: run by others, it holds a file open for writing until its input ends.
func TestHolder(t *testing.T) {
	path := os.Getenv("FRESHET_HOLD")
	if path == "" {
		t.Skip("run by other tests")
	}
	e := write(t, path, "CREATE OR REPLACE TABLE late (a INTEGER)", "INSERT INTO late VALUES (1), (2)")
	fmt.Println("holding")
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
	if os.Getenv("FRESHET_CRASH") != "" {
		_ = os.Stdout.Sync()
		p, _ := os.FindProcess(os.Getpid())
		_ = p.Kill()
		select {}
	}
	_ = e.Close()
}

// hold lets another process open the file for writing. release ends it.
func hold(t *testing.T, path string, crash bool) (pid int, release func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestHolder$")
	cmd.Env = append(os.Environ(), "FRESHET_HOLD="+path)
	if crash {
		cmd.Env = append(cmd.Env, "FRESHET_CRASH=1")
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() && lines.Text() != "holding" {
	}
	release = sync.OnceFunc(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	t.Cleanup(release)
	return cmd.Process.Pid, release
}

func attach(t *testing.T, src connect.Source) error {
	t.Helper()
	e, err := engine.Open(t.Context(), engine.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e.Attach(t.Context(), "warehouse", src.(connect.Relational))
}

func TestLockedNamesTheHolder(t *testing.T) {
	s := healthy(t)
	pid, _ := hold(t, s.Text("path"), false)
	began := time.Now()
	err := attach(t, &source{name: "warehouse", path: s.Text("path"), wait: 300 * time.Millisecond})
	if !fault.Is(err, "duckdb.locked") {
		t.Fatalf("got %v, want duckdb.locked", err)
	}
	f := fault.As(err)
	if f.Kind != fault.Source || !strings.Contains(f.Message, strconv.Itoa(pid)) || !strings.Contains(f.Message, s.Text("path")) {
		t.Errorf("the fault does not name file and process %d: %v", pid, f)
	}
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("it took %s to give up", took)
	}
}

func TestLockedForAMomentIsWaitedFor(t *testing.T) {
	s := healthy(t)
	_, release := hold(t, s.Text("path"), false)
	timer := time.AfterFunc(400*time.Millisecond, release)
	defer timer.Stop()
	src, _ := Driver().Source(t.Context(), s)
	if err := attach(t, src); err != nil {
		t.Error("the file was free within two seconds, yet:", err)
	}
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	s := healthy(t)
	hold(t, s.Text("path"), false)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	e, err := engine.Open(t.Context(), engine.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	began := time.Now()
	err = e.Attach(ctx, "warehouse", &source{name: "warehouse", path: s.Text("path"), wait: time.Minute})
	if err == nil || time.Since(began) > 2*time.Second {
		t.Errorf("got %v after %s", err, time.Since(began))
	}
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the error does not say that time was up: %v", err)
	}
}

// TestWALIsRead: what a writer committed before it was killed stands only in the file beside the database.
func TestWALIsRead(t *testing.T) {
	s := healthy(t)
	_, release := hold(t, s.Text("path"), true)
	release()
	if _, err := os.Stat(s.Text("path") + ".wal"); err != nil {
		t.Fatal("the writer left no WAL:", err)
	}
	e, err := engine.Open(t.Context(), engine.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	src, _ := Driver().Source(t.Context(), s)
	if err := e.Attach(t.Context(), "warehouse", src.(connect.Relational)); err != nil {
		t.Fatal(err)
	}
	counted := &count{query: "SELECT count(*) FROM warehouse.late"}
	if err := e.Attach(t.Context(), "reader", counted); err != nil {
		t.Fatal(err)
	}
	if counted.text != "2" {
		t.Errorf("read %s rows, want the 2 that were committed", counted.text)
	}
}

// count reads one number through the engine.
type count struct{ query, text string }

func (*count) Close() error { return nil }

func (c *count) Attach(ctx context.Context, db connect.SQL, _ string) ([]connect.Problem, error) {
	return nil, db.Query(ctx, c.query, func(row []connect.Cell) error {
		c.text = row[0].Text
		return nil
	})
}

// TestNewestStorage keeps newestStorage in step with the engine.
func TestNewestStorage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "latest.duckdb")
	e := write(t, filepath.Join(t.TempDir(), "other.duckdb"), "ATTACH '"+path+"' AS latest (STORAGE_VERSION 'latest')", "CREATE TABLE latest.main.a (b INTEGER)")
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	h, err := readHeader(path)
	if err != nil || h.version != newestStorage {
		t.Errorf("DuckDB writes storage version %d (%v), newestStorage is %d", h.version, err, newestStorage)
	}
	src, _ := Driver().Source(t.Context(), settings(path))
	if err := attach(t, src); err != nil {
		t.Error(err)
	}
}

// TestManyReaders: reading takes the file from nobody who reads it too, in this process or under another name.
func TestManyReaders(t *testing.T) {
	src, _ := Driver().Source(t.Context(), healthy(t))
	e, err := engine.Open(t.Context(), engine.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for _, alias := range []string{"a", "b"} {
		if err := e.Attach(t.Context(), alias, src.(connect.Relational)); err != nil {
			t.Error(err)
		}
	}
	if err := attach(t, src); err != nil {
		t.Error("a second engine:", err)
	}
}
