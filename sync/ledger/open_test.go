package ledger

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
	"github.com/pressly/goose/v3"
)

func TestSecondProcessIsToldWhoHoldsTheLedger(t *testing.T) {
	dir := t.TempDir()
	cmd := child(t, "hold", dir)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "held\n" {
		t.Fatal(line, err)
	}
	start := time.Now()
	_, err = Open(t.Context(), dir, "another")
	if took := time.Since(start); took > time.Second {
		t.Errorf("it took %v to refuse", took)
	}
	f := wantFault(t, err, "ledger.locked")
	host, _ := os.Hostname()
	for _, part := range []string{fmt.Sprint(cmd.Process.Pid), host, "freshet run --all", time.Now().UTC().Format("2006-01-02T")} {
		if !strings.Contains(f.Message, part) {
			t.Errorf("the message does not say %q: %s", part, f.Message)
		}
	}
	if f.Kind != fault.Busy {
		t.Errorf("kind %d", f.Kind)
	}
	r, err := OpenReader(t.Context(), dir)
	if err != nil {
		t.Errorf("reading beside the holder: %v", err)
	} else {
		must(t, r.Close())
	}
	must(t, cmd.Process.Kill())
	_ = cmd.Wait()
	must(t, opened(t, dir).Close()) // a dead holder does not block
}

func TestSecondOpenInOneProcessIsRefused(t *testing.T) {
	dir := t.TempDir()
	l := opened(t, dir)
	_, err := Open(t.Context(), dir, "another")
	wantFault(t, err, "ledger.locked")
	must(t, l.Close())
	must(t, l.Close())
	must(t, opened(t, dir).Close())
}

func TestReaderWhereNothingHasRun(t *testing.T) {
	dir := t.TempDir()
	_, err := OpenReader(t.Context(), dir)
	if f := wantFault(t, err, "ledger.absent"); f.Kind != fault.Usage {
		t.Errorf("kind %d", f.Kind)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("reading made %v", left)
	}
}

func TestReaderSeesWhatIsCommittedBesideIt(t *testing.T) {
	dir := t.TempDir()
	l, ref := started(t, dir)
	r, err := OpenReader(t.Context(), dir)
	must(t, err)
	defer r.Close()
	must(t, l.Intend(t.Context(), Call{ID: "call_1", Run: "run_1"}))
	must(t, l.Settle(t.Context(), ref, Call{ID: "call_1"}, crashSettlements("a", "run_1")))
	if got := walked(t, r, ref); len(got) != crashRows {
		t.Errorf("the reader sees %d records", len(got))
	}
}

// prepared closes a ledger with some pages in it and returns its file.
func prepared(t *testing.T, dir string) string {
	t.Helper()
	l, ref := started(t, dir)
	for i := range 100 {
		id := model.CallID(fmt.Sprintf("call_%d", i))
		must(t, l.Intend(t.Context(), Call{ID: id, Run: "run_1"}))
		must(t, l.Settle(t.Context(), ref, Call{ID: id}, crashSettlements(string(id), "run_1")))
	}
	must(t, l.Close())
	return filepath.Join(dir, fileName)
}

func change(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite3", path)
	must(t, err)
	_, err = db.Exec(statement)
	must(t, err)
	must(t, db.Close())
}

func TestNewerLedgerIsRefused(t *testing.T) {
	dir := t.TempDir()
	path := prepared(t, dir)
	change(t, path, fmt.Sprintf("PRAGMA user_version = %d", schemaVersion+1))
	before := copyOf(t, dir, fileName)
	_, err := Open(t.Context(), dir, "a test")
	wantFault(t, err, "ledger.newer")
	_, err = OpenReader(t.Context(), dir)
	wantFault(t, err, "ledger.newer")
	if string(copyOf(t, dir, fileName)) != string(before) {
		t.Error("the refused file was changed")
	}
}

// TestOlderLedgerIsBroughtUpToDate: one of the first version is named as such to those who only look, and Open brings it up to
// date with everything in it.
func TestOlderLedgerIsBroughtUpToDate(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, fileName)
	db, err := sql.Open("sqlite3", source(path, writing))
	must(t, err)
	files, err := fs.Sub(migrations, "migrations")
	must(t, err)
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithDisableGlobalRegistry(true))
	must(t, err)
	_, err = provider.UpTo(t.Context(), 1)
	must(t, err)
	_, err = db.Exec(`INSERT INTO syncs (name) VALUES ('kept')`)
	must(t, err)
	must(t, db.Close())
	_, err = OpenReader(t.Context(), dir)
	wantFault(t, err, "ledger.older")
	l, err := Open(t.Context(), dir, "a test")
	must(t, err)
	defer l.Close()
	if _, known, err := l.Sync(t.Context(), "kept"); !known || err != nil {
		t.Errorf("what was in it is gone: %v", err)
	}
	if feed, err := l.EnsureFeed(t.Context(), "carts"); err != nil || feed.Ref == 0 {
		t.Errorf("it knows no feeds: %v", err)
	}
}

func TestForeignFilesAreRefused(t *testing.T) {
	for name, make := range map[string]func(path string){
		"text":               func(path string) { must(t, os.WriteFile(path, []byte(strings.Repeat("not a database ", 400)), 0o644)) },
		"unmarked database":  func(path string) { change(t, path, "CREATE TABLE shop (id)") },
		"database of others": func(path string) { change(t, path, "PRAGMA application_id = 7") },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			make(filepath.Join(dir, fileName))
			before := copyOf(t, dir, fileName)
			_, err := Open(t.Context(), dir, "a test")
			wantFault(t, err, "ledger.damaged")
			if string(copyOf(t, dir, fileName)) != string(before) {
				t.Error("the refused file was changed")
			}
		})
	}
}

// TestFlippedPageIsRefusedByName: where the last process did not close the ledger, any page that is no longer a page is
// found before anything is written.
func TestFlippedPageIsRefusedByName(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	dir := t.TempDir()
	path := prepared(t, dir)
	whole := copyOf(t, dir, fileName)
	size := int(whole[16])<<8 | int(whole[17])
	for range 20 {
		torn := append([]byte(nil), whole...)
		page := random.IntN(len(torn) / size)
		for i := range size {
			torn[page*size+i] ^= byte(1 + random.IntN(255))
		}
		must(t, os.WriteFile(path, torn, 0o644))
		must(t, os.WriteFile(filepath.Join(dir, "lock"), []byte("{}"), 0o644))
		_, err := Open(t.Context(), dir, "a test")
		if f := wantFault(t, err, "ledger.damaged"); f.Where != path || f.Kind != fault.Storage || f.Suggestion == "" {
			t.Fatalf("page %d: %+v", page, f)
		}
		if left := copyOf(t, dir, "lock"); len(left) == 0 {
			t.Fatalf("page %d: the next opening would not look again", page)
		}
	}
}

func TestUnwritableDirectory(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, nil, 0o644))
	_, err := Open(t.Context(), filepath.Join(file, "data"), "a test")
	wantFault(t, err, "ledger.unwritable")
	if os.Geteuid() == 0 {
		return // root may write everywhere
	}
	dir := t.TempDir()
	must(t, os.Chmod(dir, 0o555))
	_, err = Open(t.Context(), dir, "a test")
	wantFault(t, err, "ledger.unwritable")
}

func TestPathsAreTakenAsTheyAre(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a b?c=d&e#f%41 é")
	must(t, opened(t, dir).Close())
	if _, err := os.Stat(filepath.Join(dir, fileName)); err != nil {
		t.Error(err)
	}
	r, err := OpenReader(t.Context(), dir)
	must(t, err)
	must(t, r.Close())
}

// TestDiskFullStopsTheLedger: a write that does not fit fails by name, so does every later one, and what was confirmed
// before is there.
func TestDiskFullStopsTheLedger(t *testing.T) {
	dir := t.TempDir()
	l, ref := started(t, dir)
	must(t, l.Intend(t.Context(), Call{ID: "call_1", Run: "run_1"}))
	must(t, l.Settle(t.Context(), ref, Call{ID: "call_1"}, crashSettlements("a", "run_1")))
	must(t, l.writer.do(t.Context(), func(t *tx) error { return t.pragma("max_page_count = 1") }))
	big := crashSettlements("b", "run_1")
	big[0].Payload = make([]byte, 1<<20)
	must(t, l.Intend(t.Context(), Call{ID: "call_2", Run: "run_1"}))
	wantFault(t, l.Settle(t.Context(), ref, Call{ID: "call_2"}, big), "ledger.disk_full")
	wantFault(t, l.Block(t.Context(), "account", time.Now(), ""), "ledger.disk_full")
	must(t, l.Close())
	l = opened(t, dir)
	if n := len(walked(t, l.Reader, ref)); n != crashRows {
		t.Errorf("%d records after the full disk, want %d", n, crashRows)
	}
	calls, err := l.Calls(t.Context(), "run_1")
	must(t, err)
	if calls[1].State != CallOpen {
		t.Errorf("the call that failed to settle is %v", calls[1].State)
	}
}

func TestNetworkFileSystems(t *testing.T) {
	for magic, want := range map[int64]string{0x6969: "NFS", 0xff534d42: "SMB", -11317950: "SMB", 0xef53: "", 0x01021994: ""} {
		if got := networkName(magic); got != want {
			t.Errorf("%x is %q, want %q", magic, got, want)
		}
	}
}

func TestWritesWaitForTheDisk(t *testing.T) {
	l := opened(t, t.TempDir())
	must(t, l.writer.do(t.Context(), func(tx *tx) error {
		level, _, err := tx.one("PRAGMA synchronous")
		if level != 2 {
			t.Errorf("synchronous is %d, want 2 (FULL)", level)
		}
		return err
	}))
	var mode string
	must(t, l.db.QueryRow("PRAGMA journal_mode").Scan(&mode))
	if mode != "wal" {
		t.Errorf("the journal is %q", mode)
	}
}

func TestClosedLedgerSaysSo(t *testing.T) {
	l := opened(t, t.TempDir())
	must(t, l.Close())
	wantFault(t, l.Block(context.Background(), "a", time.Now(), ""), "ledger.closed")
}

// TestTheLedgerIsItsOwnersAlone: it holds payloads, and its folder may be one that others can read.
func TestTheLedgerIsItsOwnersAlone(t *testing.T) {
	dir := t.TempDir()
	must(t, os.Chmod(dir, 0o755))
	l, err := Open(t.Context(), dir, "test")
	must(t, err)
	defer l.Close()
	for _, name := range []string{fileName, fileName + "-wal", "lock"} {
		info, err := os.Stat(filepath.Join(dir, name))
		must(t, err)
		if got := info.Mode().Perm(); got != 0o600 {
			t.Errorf("%s has the rights %o", name, got)
		}
	}
}

// TestAKilledProcessCostsNoCheck: while the machine has not gone down, a ledger that was not closed opens without reading
// all of it; after another start of the machine it is checked, and damage is found.
func TestAKilledProcessCostsNoCheck(t *testing.T) {
	if machineStart() == "" {
		t.Skip("this system does not tell one start of the machine from another")
	}
	for _, c := range []struct {
		name, boot string
		found      bool
	}{{"the same start", machineStart(), false}, {"another start", "an-earlier-start", true}} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			path := prepared(t, dir)
			torn := []byte(copyOf(t, dir, fileName))
			size := int(torn[16])<<8 | int(torn[17])
			for i := len(torn) - size; i < len(torn); i++ {
				torn[i] ^= 0x5a
			}
			must(t, os.WriteFile(path, torn, 0o600))
			must(t, os.WriteFile(filepath.Join(dir, "lock"), []byte(`{"pid":1,"boot":"`+c.boot+`"}`), 0o600))
			l, err := Open(t.Context(), dir, "test")
			if err == nil {
				defer l.Close()
			}
			if got := fault.Is(err, "ledger.damaged"); got != c.found {
				t.Errorf("damage found: %v (%v)", got, err)
			}
		})
	}
}
