package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/freshet/freshet/server/control"
	"github.com/freshet/freshet/server/wire"
	"github.com/freshet/freshet/sync/model"
)

// Named lets a request name itself.
type Named struct {
	Key string `header:"Idempotency-Key" maxLength:"200" doc:"names the request: the same again is answered with what was answered first"`
}

// Patient says how long a request waits for the end of what it asks about.
type Patient struct {
	Wait float64 `query:"wait_seconds" minimum:"0" maximum:"600" doc:"wait at most so long for its end; 0 answers at once"`
}

// stands is how a run stands: 200 once it is done, 202 before.
type stands struct {
	Status int
	Body   wire.Run
}

// runs registers what can be asked of runs.
func (a *API) runs() {
	start := a.operation("start-run", http.MethodPost, "/api/syncs/{sync}/runs", "runs", "Bring a destination up to date, or carry out a held plan")
	register202(a, start, func(ctx context.Context, in *struct {
		OfSync
		Named
		Patient
		Body *wire.StartRun
	}) (*stands, error) {
		ask := wire.StartRun{}
		if in.Body != nil {
			ask = *in.Body
		}
		if ask.Approve != "" {
			if err := whoOf(ctx).May("approve-plan"); err != nil {
				return nil, problem(err)
			}
		}
		id, err := a.Service.StartRun(ctx, in.Sync, control.RunOptions{Full: ask.Full, Approve: ask.Approve, Plan: ask.Plan, Wait: seconds(ask.Retry)}, ask.Why)
		if err != nil {
			return nil, problem(err)
		}
		return a.await(ctx, id, in.Wait)
	})
	approve := a.operation("approve-plan", http.MethodPost, "/api/syncs/{sync}/approve", "runs", "Approve a held plan, by its hash: it is carried out")
	register202(a, approve, func(ctx context.Context, in *struct {
		OfSync
		Named
		Patient
		Body wire.Approve
	}) (*stands, error) {
		id, err := a.Service.StartRun(ctx, in.Sync, control.RunOptions{Approve: in.Body.Plan}, in.Body.Why)
		if err != nil {
			return nil, problem(err)
		}
		return a.await(ctx, id, in.Wait)
	})
	get := a.operation("get-run", http.MethodGet, "/api/runs/{run}", "runs", "How a run stands")
	register202(a, get, func(ctx context.Context, in *struct {
		Run model.RunID `path:"run" maxLength:"100"`
		Patient
	}) (*stands, error) {
		return a.await(ctx, in.Run, in.Wait)
	})
	stop := a.operation("cancel-run", http.MethodPost, "/api/runs/{run}/cancel", "runs",
		"Stop a run: calls in flight are finished, and the rest is kept for the next run")
	register202(a, stop, func(ctx context.Context, in *struct {
		Run model.RunID `path:"run" maxLength:"100"`
		Named
		Patient
		Body *wire.Because
	}) (*stands, error) {
		why := ""
		if in.Body != nil {
			why = in.Body.Why
		}
		if _, err := a.Service.CancelRun(ctx, in.Run, why); err != nil {
			return nil, problem(err)
		}
		return a.await(ctx, in.Run, in.Wait)
	})
}

// register202 registers an operation that answers how a run stands.
func register202[I any](a *API, op huma.Operation, handler func(context.Context, *I) (*stands, error)) {
	huma.Register(a.huma, op, handler)
	made := a.huma.OpenAPI().Paths[op.Path]
	for _, registered := range []*huma.Operation{made.Get, made.Post} {
		if registered != nil && registered.OperationID == op.OperationID {
			registered.Responses["200"].Description = "It is done."
			registered.Responses["202"] = &huma.Response{Description: "It is not done yet.", Content: registered.Responses["200"].Content}
		}
	}
}

// await gives a run at its end, or as it stands once the time is over.
func (a *API) await(ctx context.Context, id model.RunID, wait float64) (*stands, error) {
	ctx, cancel := context.WithTimeout(ctx, seconds(wait))
	defer cancel()
	got, err := a.Service.AwaitRun(ctx, id)
	if err != nil {
		return nil, problem(err)
	}
	out := &stands{Status: http.StatusAccepted, Body: got}
	if got.State == wire.Done {
		out.Status = http.StatusOK
	}
	return out, nil
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
