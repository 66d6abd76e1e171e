package ledger

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/freshet/freshet/sync/fault"
)

// lockPatience is how long a second process waits for the first: long enough for one that is just ending.
const lockPatience = 400 * time.Millisecond

// errHeld is what tryLock answers while another process holds the file.
var errHeld = errors.New("held by another process")

// holder is what the lock file tells of the process that holds it.
type holder struct {
	PID     int       `json:"pid"`
	Host    string    `json:"host"`
	Command string    `json:"command"`
	Since   time.Time `json:"since"`
	Boot    string    `json:"boot,omitempty"` // id of the machine's start, "" where it has none
}

// lock is the exclusive right to write a data directory. The operating system frees it when its process dies; what the
// file then still says is how the next one knows that nobody closed the ledger properly.
type lock struct {
	file  *os.File
	clean bool // the one before closed properly, or there was none
	sound bool // the file needs no check: closed properly, or its process died and the machine did not
}

// takeLock takes the lock or names who has it. Guarantee G13: one process at a time works on a workspace.
func takeLock(dir, command string) (*lock, error) {
	path := filepath.Join(dir, "lock")
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, unwritable(dir, err)
	}
	if err := waitForLock(file); err != nil {
		defer file.Close()
		if errors.Is(err, errHeld) {
			return nil, locked(file, dir)
		}
		return nil, explain(err, dir)
	}
	before, _ := io.ReadAll(file)
	l := &lock{file: file, clean: len(before) == 0}
	l.sound = l.clean || sameStart(before)
	if err := l.sign(command); err != nil {
		_ = file.Close()
		return nil, unwritable(dir, err)
	}
	return l, nil
}

// InUse says whether a process works on the data directory at this moment.
func InUse(dir string) bool {
	file, err := os.Open(filepath.Join(dir, "lock"))
	if err != nil {
		return false
	}
	defer file.Close() // gives a lock taken here back
	return errors.Is(tryShared(file), errHeld)
}

// sameStart says whether the process that wrote the text died while the machine went on: what it had written is whole
// then, for the system keeps what a killed process wrote. Only a machine that went down can tear pages.
func sameStart(text []byte) bool {
	var h holder
	return json.Unmarshal(text, &h) == nil && h.Boot != "" && h.Boot == machineStart()
}

// machineStart is the id Linux gives each start of a machine, "" elsewhere.
func machineStart() string {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(id))
}

func waitForLock(file *os.File) error {
	for deadline := time.Now().Add(lockPatience); ; time.Sleep(20 * time.Millisecond) {
		err := tryLock(file)
		if !errors.Is(err, errHeld) || time.Now().After(deadline) {
			return err
		}
	}
}

func (l *lock) sign(command string) error {
	host, _ := os.Hostname()
	text, err := json.Marshal(holder{PID: os.Getpid(), Host: host, Command: command, Since: time.Now().UTC().Truncate(time.Second),
		Boot: machineStart()})
	if err != nil {
		return err
	}
	if err := l.file.Truncate(0); err != nil {
		return err
	}
	if _, err := l.file.WriteAt(append(text, '\n'), 0); err != nil {
		return err
	}
	return l.file.Sync()
}

// release gives the lock back; clean says that everything was closed as it should be.
func (l *lock) release(clean bool) error {
	var err error
	if clean {
		err = l.file.Truncate(0)
	}
	return errors.Join(err, l.file.Close())
}

func locked(file *os.File, dir string) error {
	who := "another process"
	var h holder
	if text, err := io.ReadAll(io.NewSectionReader(file, 0, 1<<16)); err == nil && json.Unmarshal(text, &h) == nil {
		who = fmt.Sprintf("process %d on %s (%s), since %s", h.PID, h.Host, h.Command, h.Since.Format(time.RFC3339))
	}
	return fault.New(fault.Busy, "ledger.locked", "this workspace is in use by "+who).At(dir).
		Do("Wait until it has ended, or stop it; reading commands such as status and trace work beside it.")
}
