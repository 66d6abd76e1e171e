package control

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/freshet/freshet/sync/ledger"
	"github.com/freshet/freshet/sync/model"
	"github.com/freshet/freshet/sync/run"
)

// Status tells where every sync stands, from the ledger alone.
func (s *Service) Status(ctx context.Context) ([]SyncStatus, error) {
	r, done, err := s.read(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	var list []SyncStatus
	for _, sync := range s.workspace.Syncs {
		st, err := s.statusOf(ctx, r, sync)
		if err != nil {
			return nil, err
		}
		list = append(list, st)
	}
	return list, nil
}

// StatusOf tells where one sync stands.
func (s *Service) StatusOf(ctx context.Context, name string) (SyncStatus, error) {
	sync, err := s.workspace.Sync(name)
	if err != nil {
		return SyncStatus{}, err
	}
	r, done, err := s.read(ctx)
	if err != nil {
		return SyncStatus{}, err
	}
	defer done()
	return s.statusOf(ctx, r, sync)
}

// statusOf tells where a sync stands; r is nil where nothing has run yet.
func (s *Service) statusOf(ctx context.Context, r *ledger.Reader, sync model.Sync) (SyncStatus, error) {
	st := SyncStatus{Sync: sync.Name, Model: sync.Model, Audience: sync.Audience, Destination: sync.Destination, Object: sync.Object,
		Mode: string(sync.Mode), Records: map[string]int64{}}
	s.timesOf(sync, &st)
	err := s.loadHealth(ctx, r)
	if err == nil {
		err = s.look(ctx, r, sync)
	}
	st.Health = s.healthOf(sync)
	if r == nil || err != nil {
		return st, err
	}
	return st, s.status(ctx, r, &st)
}

func (s *Service) status(ctx context.Context, r *ledger.Reader, st *SyncStatus) error {
	state, known, err := r.Sync(ctx, st.Sync)
	if err != nil || !known {
		return err
	}
	counts, err := r.Counts(ctx, state.Ref)
	if err != nil {
		return err
	}
	for state, n := range counts {
		st.Records[state.String()] = n
	}
	if _, st.Quarantined, err = r.Quarantined(ctx, state.Ref, 1); err != nil {
		return err
	}
	if err := s.lastRun(ctx, r, state.Ref, st); err != nil {
		return err
	}
	until, why, err := r.BlockedUntil(ctx, account(s.workspace.Destinations[st.Destination]))
	if err != nil {
		return err
	}
	if until.After(time.Now()) {
		st.BlockedTill, st.BlockedWhy = until.UTC().Format(time.RFC3339), why
	}
	if held, waits := run.Waiting(s.workspace.DataDir, st.Sync, state.Generation); waits {
		st.Held = &HeldPlan{Plan: held.Hash, Since: held.Made.UTC().Format(time.RFC3339), Why: held.Why}
	}
	st.History.Files, st.History.Bytes, st.History.Rows, err = s.history().Size(ctx, st.Sync)
	return err
}

func (s *Service) lastRun(ctx context.Context, r *ledger.Reader, ref ledger.SyncRef, st *SyncStatus) error {
	runs, err := r.Runs(ctx, ref, 1)
	if err != nil || len(runs) == 0 {
		return err
	}
	last := runs[0]
	st.LastRunAt = last.Started.UTC().Format(time.RFC3339)
	st.Running = last.Status == ledger.Running && last.Report == "" && ledger.InUse(s.workspace.DataDir)
	st.Stopped = last.Status == ledger.Running && !st.Running
	if last.Report == "" {
		return nil
	}
	st.LastRun = &run.Report{}
	return json.Unmarshal([]byte(last.Report), st.LastRun)
}

// Quarantine lists what a sync set aside and what its destination refused; limit bounds each list.
func (s *Service) Quarantine(ctx context.Context, name string, limit int) (QuarantineList, error) {
	list := QuarantineList{Sync: name, Aside: []ledger.Item{}, Refused: []RefusedRow{}}
	if _, err := s.workspace.Sync(name); err != nil {
		return list, err
	}
	r, done, err := s.read(ctx)
	if err != nil || r == nil {
		return list, err
	}
	defer done()
	state, known, err := r.Sync(ctx, name)
	if err != nil || !known {
		return list, err
	}
	aside, total, err := r.Quarantined(ctx, state.Ref, limit)
	if err != nil {
		return list, err
	}
	list.Aside, list.Total = append(list.Aside, aside...), total
	refused, total, err := r.Refused(ctx, state.Ref, limit)
	list.Refusal = total
	for _, d := range refused {
		list.Refused = append(list.Refused, RefusedRow{Key: string(d.Key), Code: d.Code, Message: d.Message,
			Attempts: d.Attempts, At: d.At})
	}
	return list, err
}

// Trace tells the life of one record: its row now, every attempt to write it, and what stands at the destination.
func (s *Service) Trace(ctx context.Context, name, key string) (Trace, error) {
	t, err := s.trace(ctx, name, key)
	return t, named(ctx, errors.Join(err, ctx.Err()))
}

func (s *Service) trace(ctx context.Context, name, key string) (Trace, error) {
	t := Trace{Sync: name, Key: key, State: "never seen", Events: []TraceEvent{}}
	sync, err := s.workspace.Sync(name)
	if err != nil {
		return t, err
	}
	key = typedKey(s.workspace.Models[sync.Model], key)
	t.Key = key
	t.Source = s.sourceRow(ctx, name, model.Key(key))
	r, done, err := s.read(ctx)
	if err != nil || r == nil {
		return t, err
	}
	defer done()
	state, known, err := r.Sync(ctx, name)
	if err != nil || !known {
		return t, err
	}
	if err := s.now(ctx, r, state.Ref, &t); err != nil {
		return t, err
	}
	if err := s.aside(ctx, r, state.Ref, &t); err != nil {
		return t, err
	}
	past, err := s.history().Trace(ctx, name, model.Key(key))
	if err != nil {
		return t, err
	}
	open, err := run.OpenDeliveries(ctx, r, s.workspace.DataDir, state.Ref, model.Key(key))
	for _, d := range append(past, open...) {
		t.Events = append(t.Events, TraceEvent{Run: d.Run, Call: d.Call, Verb: d.Verb, Cause: d.Cause, Sent: d.Fields,
			Before: d.Before, Verdict: d.Verdict, Effect: d.Effect, Code: d.Code, Message: d.Message,
			RequestID: d.RequestID, At: d.IntendedAt.UTC().Format(time.RFC3339Nano)})
	}
	return t, err
}

// typedKey brings a key of several columns into the form the ledger has, however a person has written the JSON list:
// with spaces, with numbers as numbers. Anything else stays what it is.
func typedKey(m model.Model, text string) string {
	var parts []json.RawMessage
	if len(m.Key) < 2 || json.Unmarshal([]byte(text), &parts) != nil || len(parts) != len(m.Key) {
		return text
	}
	texts := make([]string, len(parts))
	for i, part := range parts {
		if json.Unmarshal(part, &texts[i]) != nil {
			texts[i] = string(part)
		}
	}
	return string(model.CompositeKey(texts))
}

func (s *Service) now(ctx context.Context, r *ledger.Reader, ref ledger.SyncRef, t *Trace) error {
	details, err := r.Details(ctx, ref, []model.Key{model.Key(t.Key)})
	if err != nil {
		return err
	}
	d, known := details[model.Key(t.Key)]
	if !known {
		return nil
	}
	t.State = d.State.String()
	payload, err := model.ParseFlat(d.Payload)
	if err != nil {
		return err
	}
	t.Now = &TraceNow{RemoteID: d.RemoteID, Origin: d.Origin.String(), Code: d.Code,
		Message: d.Message, Since: d.At}
	if len(payload) > 0 {
		t.Now.Payload = string(payload.AppendNested(nil))
	}
	return nil
}

func (s *Service) aside(ctx context.Context, r *ledger.Reader, ref ledger.SyncRef, t *Trace) error {
	items, err := r.QuarantinedKey(ctx, ref, model.Key(t.Key))
	t.Aside = items
	return err
}

// sourceRow reads the record's row as the model has it now.
func (s *Service) sourceRow(ctx context.Context, name string, key model.Key) *TraceSource {
	sync, _ := s.workspace.Sync(name)
	m, e, shut, err := s.carried(ctx, sync, s.engine)
	if err != nil {
		return &TraceSource{Error: err.Error()}
	}
	defer shut()
	columns, found, err := e.Row(ctx, m, key)
	if err != nil {
		return &TraceSource{Error: err.Error()}
	}
	out := &TraceSource{Present: found, Columns: map[string]*string{}}
	for _, c := range columns {
		out.Columns[c.Name] = nil
		if c.Value.Kind != model.Null {
			out.Columns[c.Name] = &c.Value.Text
		}
	}
	return out
}
