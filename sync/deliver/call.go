package deliver

import (
	"context"
	"errors"
	"time"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/fault"
)

// Job is how the engine makes one call through an asynchronous destination.
type Job struct {
	Token string             // of a job begun before, "" for a new one
	Keep  func(string) error // makes a new job's token durable, before anything is handed in
}

// Answer is what came back from one call.
type Answer struct {
	Outcomes []connect.Outcome // one for every operation; nil where Err is set
	Err      *connect.CallError
	Stopped  bool          // the call was not made: the context ended while it waited for its turn
	Waited   time.Duration // for its turn
	Took     time.Duration // from the first byte to the answer, further turns of its own among it
}

// Call makes one call on the lane and classifies what came back. job is nil for destinations that answer at once.
func (l *Lane) Call(ctx context.Context, to connect.Destination, batch connect.Batch, job *Job) Answer {
	asked := time.Now()
	leave, err := l.enter(ctx)
	if err != nil {
		return Answer{Stopped: true}
	}
	defer leave()
	began := time.Now()
	outcomes, err := send(connect.WithTurns(ctx, l.turn), to, batch, job)
	answer := judge(outcomes, err, len(batch.Ops))
	answer.Waited, answer.Took = began.Sub(asked), time.Since(began)
	l.note(answer.Err)
	return answer
}

// Ask makes calls on the lane that deliver nothing, and notes what their failure means for everybody.
func (l *Lane) Ask(ctx context.Context, ask func(context.Context) error) error {
	leave, err := l.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	err = ask(connect.WithTurns(ctx, l.turn))
	var call *connect.CallError
	if err == nil || errors.As(err, &call) {
		l.note(call)
	}
	return err
}

func send(ctx context.Context, to connect.Destination, batch connect.Batch, job *Job) ([]connect.Outcome, error) {
	if job == nil {
		return to.Deliver(ctx, batch)
	}
	jobs, ok := to.(connect.Jobs)
	if !ok {
		return nil, fault.New(fault.Internal, "deliver.no_jobs", "the connector's limits ask for a job it cannot run")
	}
	if job.Token == "" {
		token, err := jobs.Begin(ctx, batch)
		if err != nil {
			return nil, err
		}
		if err := job.Keep(token); err != nil {
			return nil, err
		}
		job.Token = token
	}
	return jobs.Finish(ctx, job.Token, batch)
}

// judge turns a connector's answer into one that keeps the contract: one outcome a row, or one class for all.
// Guarantee G4: what nobody classified is unknown, never success.
func judge(outcomes []connect.Outcome, err error, rows int) Answer {
	var call *connect.CallError
	switch {
	case errors.As(err, &call):
		return Answer{Err: call}
	case err != nil:
		return Answer{Err: &connect.CallError{Class: connect.Lost, Code: "connector.error", Message: "the connector failed", Err: err}}
	case len(outcomes) != rows:
		return Answer{Err: &connect.CallError{Class: connect.Lost, Code: "connector.rows", Message: "the connector did not answer for every row"}}
	default:
		return Answer{Outcomes: outcomes}
	}
}

// note tells the breaker and, on a throttle, keeps everybody off the account for as long as was asked.
func (l *Lane) note(err *connect.CallError) {
	now := time.Now()
	switch {
	case err == nil:
		l.breaker.Succeeded()
	case err.Class == connect.Lost || err.Class == connect.NotSent:
		l.breaker.Failed(now)
	case err.Class == connect.Throttled:
		l.Block(now.Add(Wait(err.After, 1)), "the destination asked us to wait")
	}
}
