package control

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/freshet/freshet/server/alert"
	"github.com/freshet/freshet/server/config"
	"github.com/freshet/freshet/server/wire"
	"github.com/freshet/freshet/sync/ledger"
	"github.com/freshet/freshet/sync/model"
	"github.com/freshet/freshet/sync/run"
)

// finding is one thing that an alert can be about: what is wrong now, "" where nothing is, and that in a sentence.
type finding struct {
	kind, is, says string
}

// alertsOf gives what is to be told of a sync: each thing once when it comes to be so, and once when it is over.
func (s *Service) alertsOf(sync model.Sync, now *wire.Health) (all []ledger.Alert) {
	for _, a := range s.workspace.Alerts {
		if len(a.Syncs) > 0 && !slices.Contains(a.Syncs, sync.Name) {
			continue
		}
		for _, f := range s.health.findings(sync, a.On, now) {
			was, since, news := s.health.fires(sync.Name, a.Name, f)
			if !news || f.is == "" && !a.Recover {
				continue
			}
			if made, ok := s.noteFor(sync, a, f, was, since, now); ok {
				all = append(all, made)
			}
		}
	}
	return all
}

// findings judges a sync against the thresholds of an alert.
func (h *health) findings(sync model.Sync, on config.Thresholds, now *wire.Health) []finding {
	h.mu.Lock()
	defer h.mu.Unlock()
	st := h.of(sync.Name)
	state := finding{kind: "sync.state", says: sync.Name + " is " + now.State}
	if slices.Contains(on.States, now.State) {
		state.is, state.says = now.State, sync.Name+" is "+noteOf(now)
	}
	lost := finding{kind: "sync.unaccounted", says: "every row is accounted for"}
	if n := st.seen.unaccounted; n != 0 {
		lost.is, lost.says = "unaccounted", fmt.Sprintf("%d rows that the last run has read ended nowhere: this is a bug", n)
	}
	all := []finding{state, lost}
	if on.Failed >= 0 {
		all = append(all, st.failedShare(h.clock.steady(), on.Failed))
	}
	if on.Rows >= 0 {
		all = append(all, st.deviates(on.Rows))
	}
	if on.Quarantine >= 0 {
		f := finding{kind: "sync.quarantine", says: fmt.Sprintf("%d rows are set aside", st.seen.setAside)}
		if st.seen.setAside > on.Quarantine {
			f.is = "quarantine"
		}
		all = append(all, f)
	}
	return all
}

func (st *syncHealth) failedShare(now time.Time, most float64) finding {
	hour := st.Windows.Last(now, time.Hour)
	f := finding{kind: "sync.failed", says: "changes arrive"}
	if n := hour.Confirmed + hour.Refused; n > 0 && 100*float64(hour.Refused)/float64(n) > most {
		f.is, f.says = "failed", fmt.Sprintf("%d of %d changes of the last hour were refused or set aside", hour.Refused, n)
	}
	return f
}

// fewestReads is how many runs there must be before one is compared with their average.
const fewestReads = 3

func (st *syncHealth) deviates(most float64) finding {
	f := finding{kind: "sync.rows", says: "the model has as many rows as it used to"}
	n := len(st.Reads) - 1
	if n < fewestReads {
		return f
	}
	sum := 0.0
	for _, rows := range st.Reads[:n] {
		sum += float64(rows)
	}
	average, last := sum/float64(n), float64(st.Reads[n])
	if off := 100 * math.Abs(last-average) / max(average, 1); off > most {
		f.is, f.says = "rows", fmt.Sprintf("the last run has read %d rows, %.0f %% off the average of the %d before", st.Reads[n], off, n)
	}
	return f
}

// fires notes what an alert finds; news: it is another thing than before.
func (h *health) fires(sync, alert string, f finding) (was string, since time.Time, news bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	st, key := h.of(sync), alert+"\x00"+f.kind
	before := st.Firing[key]
	if before.Is == f.is {
		return "", time.Time{}, false
	}
	since = h.clock.steady()
	if f.is == "" {
		delete(st.Firing, key)
	} else {
		if st.Firing == nil {
			st.Firing = map[string]firing{}
		}
		st.Firing[key] = firing{f.is, since}
	}
	h.changed[sync] = true
	return before.Is, since, true
}

// noteFor makes the alert that is to be kept until it was told.
func (s *Service) noteFor(sync model.Sync, a config.Alert, f finding, was string, since time.Time, now *wire.Health) (ledger.Alert, bool) {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%s\x00%s\x00%d", a.Name, sync.Name, f.kind, f.is, since.UnixNano()))
	note := wire.AlertNote{ID: "alert_" + hex.EncodeToString(sum[:12]), Type: f.kind, At: since.UTC().Format(time.RFC3339), Workspace: s.workspace.Name,
		Sync: sync.Name, Recovered: f.is == "", State: now.State, Was: was, Says: f.says, Health: now}
	body, err := json.Marshal(note)
	return ledger.Alert{ID: note.ID, Alert: a.Name, Body: string(body), Made: since}, err == nil
}

// TestAlert tells a test by one of the workspace's alerts, at once.
func (s *Service) TestAlert(ctx context.Context, name string) (wire.AlertTested, error) {
	a, err := s.workspace.Alert(name)
	if err != nil {
		return wire.AlertTested{}, err
	}
	note := wire.AlertNote{ID: string(run.NewID()), Type: "test", At: time.Now().UTC().Format(time.RFC3339), Workspace: s.workspace.Name,
		Says: "This is a test of the alert " + name + ", asked for by " + ActorOf(ctx).Name + "."}
	note.ID = "alert_test_" + note.ID[len("run_"):]
	tested := wire.AlertTested{Alert: name, ID: note.ID}
	if s.serving == nil {
		return tested, alert.Send(ctx, a, note)
	}
	d, err := s.begin(ctx, "alert.test", "alerts."+name, "")
	if err != nil {
		return wire.AlertTested{}, err
	}
	return tested, d.end(ledger.Done, note.ID, alert.Send(ctx, a, note))
}

// Alerts lists the ways of being told.
func (s *Service) Alerts(ctx context.Context) (wire.AlertList, error) {
	list := wire.AlertList{Alerts: []wire.AlertStatus{}}
	waiting := map[string]int{}
	r, done, err := s.read(ctx)
	if err != nil {
		return list, err
	}
	defer done()
	if r != nil {
		open, err := r.OpenAlerts(ctx, 0)
		if err != nil {
			return list, err
		}
		for _, a := range open {
			waiting[a.Alert]++
		}
	}
	for _, a := range s.workspace.Alerts {
		list.Alerts = append(list.Alerts, wire.AlertStatus{Alert: a.Name, Type: a.Way, Syncs: a.Syncs, States: a.On.States, Waiting: waiting[a.Name]})
	}
	return list, nil
}
