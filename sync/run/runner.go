package run

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/contract"
	"github.com/freshet/freshet/sync/deliver"
	"github.com/freshet/freshet/sync/engine"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/history"
	"github.com/freshet/freshet/sync/ledger"
	"github.com/freshet/freshet/sync/model"
	"github.com/freshet/freshet/sync/plan"
	"github.com/freshet/freshet/sync/policy"
)

// Job is one sync with everything it needs, opened and attached.
type Job struct {
	Sync        model.Sync
	Model       model.Model
	Contract    *contract.Checks // of the model; nil: it has none
	Engine      *engine.Engine   // with every source of the model attached
	Destination connect.Destination
	Terms       policy.Terms   // what may be sent there
	Object      connect.Object // as the connector's Spec describes it
	Account     string         // syncs with the same account share one lane
	Prepared    *Prepared      // what Prepare made of it; nil: it is made anew for every plan
}

// Progress is called now and then while work goes on; total is 0 where it is not known.
type Progress func(stage string, done, total int64)

// Runner plans and runs syncs of one workspace. Its fields are set once, before use.
type Runner struct {
	Ledger  *ledger.Ledger
	History *history.Store
	Lanes   *deliver.Lanes
	Dir     string // the data directory; plans are kept in its folder plans
	Tell    Progress
	// Heard is told of every call and of every record that a destination has taken; nil: nobody listens.
	Heard *Heard
	// PlansOnly is a reader of the ledger for planning beside another process; used where Ledger is nil.
	PlansOnly *ledger.Reader
}

// Options steer a run.
type Options struct {
	ID       model.RunID   // of the run, should one begin; "": it gets one then
	PlanPath string        // execute exactly this plan
	Approve  string        // hash, or at least 8 characters of it, of a held plan to execute
	Full     bool          // send every row again
	Wait     time.Duration // longest the run may idle for retries without a row settled in between; 0: DefaultWait
	Planned  func()        // called once the job's engine is not needed any more: plan and ledger are enough; nil: nobody wants to know
}

// DefaultWait is how long a run idles for retries before it ends as pending.
const DefaultWait = time.Minute

// Run brings the destination up to date: it finishes or gives up what an earlier run left, plans, and executes.
func (r *Runner) Run(ctx context.Context, job Job, o Options) (Report, error) {
	state, err := r.Ledger.EnsureSync(ctx, job.Sync.Name)
	if err != nil {
		return Report{}, err
	}
	o = withWait(o)
	report, done, err := r.resume(ctx, job, state, o)
	if err != nil {
		return waiting(job, o, err)
	}
	if done {
		return report, nil
	}
	file, err := r.choose(ctx, job, o)
	if err != nil {
		return waiting(job, o, err)
	}
	defer file.Close()
	if report, held := heldReport(file.Summary(), o.Approve); held {
		return report, r.keepNewest(ctx, file)
	}
	o.planned()
	return r.start(ctx, job, file, o)
}

func (o Options) planned() {
	if o.Planned != nil {
		o.Planned()
	}
}

// choose gives the plan to execute: the file named, the held plan approved, or a new one.
func (r *Runner) choose(ctx context.Context, job Job, o Options) (*planFile, error) {
	path := o.PlanPath
	if path == "" && o.Approve != "" {
		found, err := PlanKept(r.Dir, job.Sync.Name, o.Approve)
		if err != nil {
			return nil, err
		}
		path = found
	}
	if path == "" {
		return r.Plan(ctx, job, PlanOptions{Full: o.Full, Wait: o.Wait})
	}
	file, err := openPlan(path)
	if err != nil {
		return nil, err
	}
	if err := r.stillTrue(ctx, job, file.Summary(), o); err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

// stillTrue says whether a plan made earlier is for this sync and for the rows that are in the source now.
// The ledger's part of the question is answered when the run starts, in the same transaction. Guarantee G6.
func (r *Runner) stillTrue(ctx context.Context, job Job, s plan.Summary, o Options) error {
	if s.Sync != job.Sync.Name {
		return fault.New(fault.Usage, "plan.other_sync", "the plan is for the sync "+s.Sync+", not "+job.Sync.Name).
			Do("run it as freshet run " + s.Sync + ", or name the plan that was made for " + job.Sync.Name)
	}
	if s.Destination != job.Sync.Destination || s.Object != job.Sync.Object || s.Mode != job.Sync.Mode || s.OnLeave != job.Sync.OnLeave {
		return moved(s.Sync, "the sync's destination, object, mode or on_leave has changed since the plan was made")
	}
	if o.Approve != "" && !named(s.Hash, o.Approve) {
		return fault.New(fault.Held, "plan.other_hash", "the plan has another hash than the one approved").
			Do("look at the plan again and approve the hash it shows: " + s.Hash)
	}
	reading, err := r.compile(ctx, job, o.Wait)
	if err != nil {
		return err
	}
	digest, err := job.Engine.DigestOnly(ctx, job.Model, reading.columns)
	if err != nil {
		return err
	}
	if digest != s.Digest || reading.mark != s.Mapping {
		return moved(s.Sync, "the source or the mapping has changed since the plan was made")
	}
	return nil
}

func moved(sync, message string) error {
	return fault.New(fault.Moved, "plan.moved", message).
		Do("make a new plan and look at it: freshet plan " + sync)
}

// named says whether a person who wrote text meant this hash: all of it or at least 8 characters from its start.
func named(hash, text string) bool {
	text = strings.TrimPrefix(text, "sha256:")
	return len(text) >= 8 && strings.HasPrefix(strings.TrimPrefix(hash, "sha256:"), text)
}

// shelve keeps a held plan where its approval finds it, wherever the plan was written to.
func (r *Runner) shelve(file *planFile) error {
	if !plan.Held(file.Summary().Guards) {
		return nil
	}
	_, err := r.adopt(file)
	return err
}

// Approvable gives the whole hash of a plan that waits for an approval, and whether a guard holds it. Fault plan.unknown_hash.
func (r *Runner) Approvable(sync, approve string) (hash string, held bool, err error) {
	path, err := PlanKept(r.Dir, sync, approve)
	if err != nil {
		return "", false, err
	}
	s, _, err := summaryOf(path)
	return s.Hash, plan.Held(s.Guards), err
}

// PlanKept finds the plan of a sync that is kept in a data directory under a hash, of which at least 8 characters are named.
// Fault plan.unknown_hash.
func PlanKept(dir, sync, hash string) (string, error) {
	names, err := filepath.Glob(filepath.Join(dir, "plans", "*.plan"))
	if err != nil {
		return "", err
	}
	for _, name := range names {
		file, err := openPlan(name)
		if err != nil {
			continue
		}
		s := file.Summary()
		file.Close()
		if s.Sync == sync && named(s.Hash, hash) {
			return name, nil
		}
	}
	return "", fault.New(fault.Held, "plan.unknown_hash", "no plan of this sync with that hash is waiting for approval").
		Do("see what is waiting with: freshet plan " + sync)
}

// KeepPlan puts a copy of a plan file, wherever it is, into a data directory, and gives the hash that names it there.
func KeepPlan(dir, path string) (hash string, err error) {
	file, err := openPlan(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	_, err = (&Runner{Dir: dir}).adopt(file)
	return file.Summary().Hash, err
}

// heldReport says whether a guard stops the plan. Guarantee G11: this comes before anything of the plan is begun, so a held
// plan sends nothing and changes nothing in the ledger.
func heldReport(s plan.Summary, approve string) (Report, bool) {
	report := Report{Sync: s.Sync, Plan: s.Hash, Status: Held, Read: s.Read, Unchanged: s.Unchanged,
		Filtered: s.Filtered, Superseded: s.Superseded, Quarantined: s.Quarantine}
	report.Pending = report.Read - report.Unchanged - report.Filtered - report.Superseded - report.Quarantined
	for _, v := range s.Guards {
		if v.Held {
			report.Problems = append(report.Problems, Problem{Code: "guard." + v.Guard, Message: v.Says,
				Suggestion: "look at the plan, then: freshet run " + s.Sync + " --approve " + s.Hash})
		}
	}
	report.Account()
	return report, len(report.Problems) > 0 && approve == ""
}

// planFile is an open plan and where it lies.
type planFile struct {
	*plan.File
	path   string
	file   *os.File
	weight int64 // bytes of the rows it was made from, where it is of some keys and was made just now
}

func (p *planFile) Close() { _ = p.file.Close() }

// openPlan opens and checks a plan file; its hash is verified before anything is believed.
func openPlan(path string) (*planFile, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fault.New(fault.Usage, "plan.unreadable", "the plan file cannot be opened").At(path).Because(err).
			Do("check the path, or make the plan again: freshet plan SYNC --out FILE")
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, err
	}
	file, err := readPlan(f, path, info.Size())
	if err == nil {
		err = file.Verify()
	}
	if err != nil {
		f.Close()
		return nil, placedAt(path, err)
	}
	return file, nil
}

// readPlan reads the index of an open plan file.
func readPlan(f *os.File, path string, size int64) (*planFile, error) {
	file, err := plan.Open(f, size)
	return &planFile{File: file, path: path, file: f}, err
}

// placedAt names the file in a fault that names none.
func placedAt(path string, err error) error {
	if f := fault.As(err); f.Where == "" {
		return f.At(path)
	}
	return err
}

func (r *Runner) tell(stage string, done, total int64) {
	if r.Tell != nil {
		r.Tell(stage, done, total)
	}
}

func (r *Runner) past() *ledger.Reader {
	if r.Ledger != nil {
		return r.Ledger.Reader
	}
	return r.PlansOnly
}
