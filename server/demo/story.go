package demo

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/plan"
	"github.com/freshet/freshet/sync/run"
)

// Options say where the story is told and how large it is. Zero values give the usual story, told to nobody.
type Options struct {
	Out      io.Writer
	Terminal bool // Out is a terminal
	Color    bool
	Width    int // columns of the terminal; 0 is 100

	Dir       string  // folder of the workspace, which must be new or empty; "": a temporary one
	Customers int     // 0: Customers
	Changes   float64 // share of the customers that change, 0 to 1; 0: one in a hundred

	// Command runs this program: the folder of the workspace and everything after the program's name is in the arguments.
	Command func(ctx context.Context, args ...string) *exec.Cmd
	Program string // what people type to run this program
}

const (
	shopSeed = 7
	daySeed  = 1
	// Changes is the share of the customers who change in a day.
	Changes = 0.01
	leavers = 200 // one in so many leaves
)

// Result is what happened, as measured.
type Result struct {
	Status    string       `json:"status"` // "ok" or "failed"
	Folder    string       `json:"folder"`
	Kept      bool         `json:"kept"` // the folder is still there
	Customers int          `json:"customers"`
	Updated   int          `json:"updated"`
	Deleted   int          `json:"deleted"`
	First     []run.Report `json:"first"`   // the first run of every sync
	Planned   int64        `json:"planned"` // operations of the plan whose run was killed
	Seen      int64        `json:"seen"`    // calls that had reached the receiver when it was killed
	Resumed   *run.Report  `json:"resumed,omitempty"`
	Repeated  int64        `json:"repeated"` // calls that came again under the same name
	Later     []run.Report `json:"later"`    // the other syncs after the changes
	Proof     []Finding    `json:"proof"`
	Streamed  *Streamed    `json:"streamed,omitempty"`
	Seconds   float64      `json:"seconds"`
}

// Story is one demonstration. It is used by one goroutine.
type Story struct {
	Dir    string // the workspace
	Result Result

	o          Options
	temporary  bool
	receivers  *Receivers
	screen     *screen
	began      time.Time
	before     map[string][]row // what every receiver should have held before the day passed, by sync
	summary    plan.Summary     // of the run that is killed
	applied    int64            // records the webhook receiver had applied before that run
	unanswered int64            // calls the receiver had not answered when it was killed
}

// Begin makes the folder and starts the receivers. Close it.
// Faults: demo.folder, demo.write, demo.receiver.
func Begin(o Options) (*Story, error) {
	if o.Out == nil {
		o.Out = io.Discard
	}
	if o.Customers == 0 {
		o.Customers = Customers
	}
	if o.Changes == 0 {
		o.Changes = Changes
	}
	s := &Story{o: o, screen: newScreen(o), began: time.Now(), before: map[string][]row{}}
	if err := s.makeDir(); err != nil {
		return nil, err
	}
	var err error
	if s.receivers, err = startReceivers(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	s.Result = Result{Status: "failed", Folder: s.Dir, Kept: !s.temporary, Customers: o.Customers}
	return s, nil
}

func (s *Story) makeDir() error {
	if s.o.Dir == "" {
		dir, err := os.MkdirTemp("", "freshet-demo-")
		if err != nil {
			return unwritable(os.TempDir(), err)
		}
		s.Dir, s.temporary = dir, true
		return nil
	}
	dir, err := filepath.Abs(s.o.Dir)
	if err != nil {
		return unwritable(s.o.Dir, err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return unwritable(dir, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return unwritable(dir, err)
	}
	if len(entries) > 0 {
		return fault.New(fault.Usage, "demo.folder", "the folder for the demonstration is not empty").At(dir).
			Do("name a new folder, or an empty one")
	}
	s.Dir = dir
	return nil
}

// Receivers are the servers that stand in for the vendors.
func (s *Story) Receivers() *Receivers { return s.receivers }

// Keep leaves a temporary folder where it is.
func (s *Story) Keep() { s.temporary, s.Result.Kept = false, true }

// Close stops the receivers and removes the folder, if it is a temporary one.
func (s *Story) Close() error {
	s.screen.clear()
	if s.receivers != nil {
		s.receivers.close()
	}
	if !s.temporary {
		return nil
	}
	if err := os.RemoveAll(s.Dir); err != nil {
		return unwritable(s.Dir, err)
	}
	return nil
}

// elapsed is how long the story took to tell.
func (s *Story) elapsed() time.Duration {
	return time.Duration(s.Result.Seconds * float64(time.Second))
}

// Tell tells the story up to its proof. Where something does not hold, the folder is kept to look into.
// Faults: those of the parts; demo.failed where a run did not do what it should, demo.proof where a receiver does not
// hold what the warehouse says, demo.stopped where ctx ended.
func (s *Story) Tell(ctx context.Context) error {
	err := s.tell(ctx)
	s.screen.clear()
	s.Result.Seconds = time.Since(s.began).Seconds()
	switch {
	case err == nil:
		s.Result.Status = "ok"
	case ctx.Err() != nil:
		return fault.New(fault.Canceled, "demo.stopped", "the demonstration was stopped").Because(err)
	default:
		s.Keep()
		if f := fault.As(err); f.Where == "" {
			return f.At(s.Dir) // what is left to look into
		}
	}
	return err
}

func (s *Story) tell(ctx context.Context) error {
	s.screen.say("%s", s.screen.paint(bold, "Freshet carries rows of a warehouse into the tools that act on them."))
	s.screen.say("This is the whole way, with a made-up shop and receivers on this machine.")
	s.screen.say("Every number is measured as it goes.")
	for _, chapter := range []struct {
		title string
		tell  func(context.Context) error
	}{
		{"A shop's warehouse", s.makeShop},
		{"Three receivers and a workspace", s.setUp},
		{"The first syncs: everything is new", s.firstRuns},
		{"A day passes in the shop", s.dayPasses},
		{"A run is killed in the middle", s.killed},
		{"The same command again", s.takenUp},
		{"The other two syncs, and once more all three", s.others},
		{"Proof: the receivers against the warehouse", s.Prove},
		{"The life of one record", s.trace},
		{"Carts in a stream: events, time, and both receivers", s.stream},
	} {
		began := time.Now()
		s.screen.heading(chapter.title)
		if err := chapter.tell(ctx); err != nil {
			return err
		}
		s.screen.quiet("%s", seconds(time.Since(began)))
	}
	return nil
}

// failed says that a run did not do what the story needs.
func failed(message, suggestion string) error {
	return fault.New(fault.Internal, "demo.failed", message).Do(suggestion)
}
