package run

import (
	"time"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/deliver"
	"github.com/freshet/freshet/sync/model"
	"github.com/freshet/freshet/sync/plan"
)

// Heard are the ears of those who measure. They are called from several goroutines and must not take long; nil ones are not.
type Heard struct {
	Called    func(Called)
	Confirmed func(Taken)
}

// Called is one call that was made.
type Called struct {
	Sync, Destination string
	Result            string // ok, or what became of the call as a whole: throttled, lost, refused and so on
	Status            int    // HTTP's, 0 where there was none
	Waited, Took      time.Duration
}

// Taken are records that one call of a whole run has brought to the destination. What keys of a live sync came to is told elsewhere.
type Taken struct {
	Run     model.RunID
	Sync    string
	Began   time.Time // of the run
	Mapping string    // what made the payloads
	At      time.Time
	Records []Confirmed
}

// Confirmed is one record that the destination has taken.
type Confirmed struct {
	Kind    plan.Kind
	Version string
}

func (x *execution) called(answer deliver.Answer) {
	h := x.runner.Heard
	if h == nil || h.Called == nil || answer.Stopped {
		return
	}
	c := Called{Sync: x.job.Sync.Name, Destination: x.job.Sync.Destination, Result: "ok", Waited: answer.Waited, Took: answer.Took}
	if e := answer.Err; e != nil {
		c.Result, c.Status = classOf(e), e.Status
	}
	h.Called(c)
}

func classOf(e *connect.CallError) string { return e.Class.String() }

func (x *execution) confirmed(records []Confirmed, at time.Time) {
	h := x.runner.Heard
	if h == nil || h.Confirmed == nil || len(records) == 0 || x.sum.Keys > 0 {
		return
	}
	h.Confirmed(Taken{Run: x.id, Sync: x.job.Sync.Name, Began: x.since, Mapping: x.sum.Mapping, At: at, Records: records})
}
