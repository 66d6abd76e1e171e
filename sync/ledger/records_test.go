package ledger

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/freshet/freshet/sync/model"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// oracle is what the ledger should know, as a map.
type oracle map[model.Key]model.Detail

func (o oracle) settle(s Settlement) {
	d := o[s.Key]
	d.Key, d.State, d.Run, d.At = s.Key, s.State, s.Run, s.At.UTC().Format(time.RFC3339Nano)
	switch {
	case s.Forget:
		d = model.Detail{Prior: model.Prior{Key: s.Key, State: s.State, Shape: s.Shape, RowHash: s.RowHash}, Run: d.Run, At: d.At,
			RemoteID: d.RemoteID, Origin: d.Origin}
		if s.RemoteID != "" {
			d.RemoteID = s.RemoteID
		}
		if s.Origin != model.OriginUnknown {
			d.Origin = s.Origin
		}
	case s.Accepted:
		if !d.Accepted || s.RemoteID != "" {
			d.RemoteID = s.RemoteID
		}
		if !d.Accepted || s.Origin == model.Made || d.Origin == model.OriginUnknown {
			d.Origin = s.Origin
		}
		d.Accepted, d.Shape, d.RowHash, d.Payload, d.PayloadHash, d.Match = true, s.Shape, s.RowHash, s.Payload, s.PayloadHash, s.Match
		d.Attempts, d.Code, d.Message = 0, "", ""
	default:
		d.Attempts, d.Code, d.Message = d.Attempts+1, s.Code, s.Message
		if !d.Accepted { // it may be there under what was sent
			d.Match = s.Match
			if s.RemoteID != "" {
				d.RemoteID = s.RemoteID
			}
		}
	}
	o[s.Key] = d
}

func (o oracle) touch(c Touch) {
	d, known := o[c.Key]
	if !known {
		return
	}
	d.Shape, d.RowHash = c.Shape, c.RowHash
	if c.State == model.Removed && d.State != model.Removed { // let go: nothing of it is ours any more
		d = model.Detail{Prior: model.Prior{Key: c.Key, Shape: c.Shape, RowHash: c.RowHash, State: c.State}, Run: d.Run, At: d.At}
	}
	if c.State != model.Unknown && c.State != d.State {
		if d.State == model.Rejected || d.State == model.Unknown {
			d.Attempts, d.Code, d.Message = 0, "", ""
		}
		if c.State == model.Removed {
			d = model.Detail{Prior: d.Prior, Run: d.Run, At: d.At}
		}
		d.State = c.State
	}
	o[c.Key] = d
}

var (
	keys   = rapid.Map(rapid.SampledFrom([]string{"", "a", "b", "aa", "ab", "é", "e\u0301", "\x00", "a\x00b", "\xff", "10", "9", `["eu","42"]`, "😀", "'"}), func(s string) model.Key { return model.Key(s) })
	stands = rapid.SampledFrom([]model.State{model.Unknown, model.Synced, model.Rejected, model.Left, model.Removed})
	origin = rapid.SampledFrom([]model.Origin{model.OriginUnknown, model.Made, model.Matched})
	remote = rapid.SampledFrom([]string{"", "r1", "r2"})
	fields = rapid.SampledFrom([]model.Fields{nil, {{Name: "email", Value: model.Text("x'\"\u2028\x01\xff@é")}},
		{{Name: "a.b", Value: model.Integer(1 << 60)}, {Name: "z", Value: model.Value{}}}})
)

func settlements(t *rapid.T) []Settlement {
	list := make([]Settlement, rapid.IntRange(0, 12).Draw(t, "n"))
	for i := range list {
		s := Settlement{Key: keys.Draw(t, "key"), State: stands.Draw(t, "state"), Shape: rapid.Uint32().Draw(t, "shape"),
			RowHash: rapid.Uint64().Draw(t, "row"), RemoteID: remote.Draw(t, "remote"), Origin: origin.Draw(t, "origin"),
			Run: rapid.SampledFrom([]model.RunID{"run_1", ""}).Draw(t, "run"), At: time.UnixMicro(rapid.Int64Range(1, 1<<50).Draw(t, "at"))}
		switch rapid.IntRange(0, 3).Draw(t, "outcome") {
		case 0:
			s.Forget = true
		case 1:
			s.Code, s.Message = "NO", rapid.String().Draw(t, "message")
			s.Match = fields.Draw(t, "match")
		default:
			s.Accepted, s.Payload, s.PayloadHash = true, []byte(rapid.StringN(1, 20, -1).Draw(t, "payload")), rapid.Uint64().Draw(t, "hash")
			s.Match = fields.Draw(t, "match")
		}
		list[i] = s
	}
	return list
}

// TestRecordsBehaveLikeAMap drives the ledger and a map with the same changes; rapid prints the seed of a failure.
func TestRecordsBehaveLikeAMap(t *testing.T) {
	l, _ := started(t, t.TempDir())
	round := 0
	rapid.Check(t, func(rt *rapid.T) {
		round++
		s, err := l.EnsureSync(t.Context(), fmt.Sprint("sync ", round))
		must(t, err)
		want := oracle{}
		for step := range rapid.IntRange(1, 8).Draw(rt, "steps") {
			if rapid.Bool().Draw(rt, "touch") {
				touches := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) Touch {
					return Touch{keys.Draw(rt, "key"), rapid.Uint32().Draw(rt, "shape"), rapid.Uint64().Draw(rt, "row"), stands.Draw(rt, "state")}
				}), 0, 5).Draw(rt, "touches")
				must(t, l.Touch(t.Context(), s.Ref, touches))
				for _, c := range touches {
					want.touch(c)
				}
				continue
			}
			list := settlements(rt)
			id := model.CallID(fmt.Sprintf("call_%d_%d", round, step))
			must(t, l.Intend(t.Context(), Call{ID: id, Run: "run_1"}))
			if rapid.Bool().Draw(rt, "abandon") {
				must(t, l.Abandon(t.Context(), s.Ref, id, "", list))
			} else {
				must(t, l.Settle(t.Context(), s.Ref, Call{ID: id}, list))
			}
			for _, x := range list {
				want.settle(x)
			}
		}
		compare(rt, l, s.Ref, want)
	})
}

func compare(t *rapid.T, l *Ledger, ref SyncRef, want oracle) {
	ordered := slices.SortedFunc(maps.Keys(want), func(a, b model.Key) int { return bytes.Compare([]byte(a), []byte(b)) })
	got, err := l.Details(t.Context(), ref, append(slices.Clone(ordered), "never seen"))
	if diff := cmp.Diff(map[model.Key]model.Detail(want), got); diff != "" || err != nil {
		t.Fatalf("details (-want +got), %v:\n%s", err, diff)
	}
	var priors, wantPriors []model.Prior
	counts := map[model.State]int64{model.Unknown: 0, model.Synced: 0, model.Rejected: 0, model.Left: 0, model.Removed: 0}
	var refused []model.Detail
	for _, key := range ordered {
		d := want[key]
		wantPriors = append(wantPriors, d.Prior)
		counts[d.State]++
		if d.State == model.Rejected {
			refused = append(refused, d)
		}
	}
	priors = walked(t, l.Reader, ref)
	if diff := cmp.Diff(wantPriors, priors); diff != "" {
		t.Fatalf("priors (-want +got):\n%s", diff)
	}
	gotCounts, err := l.Counts(t.Context(), ref)
	if diff := cmp.Diff(counts, gotCounts); diff != "" || err != nil {
		t.Fatalf("counts (-want +got), %v:\n%s", err, diff)
	}
	gotRefused, total, err := l.Refused(t.Context(), ref, 0)
	if diff := cmp.Diff(refused, gotRefused); diff != "" || err != nil || total != int64(len(refused)) {
		t.Fatalf("refused, %d in all (-want +got), %v:\n%s", total, err, diff)
	}
}

type failer interface{ Fatal(...any) }

func walked(t failer, r *Reader, ref SyncRef) (list []model.Prior) {
	c, err := r.Priors(context.Background(), ref)
	if err != nil {
		t.Fatal(err)
	}
	for {
		batch, err := c.Next()
		if err != nil {
			t.Fatal(err)
		}
		if len(batch) == 0 {
			break
		}
		list = append(list, batch...)
	}
	if again, err := c.Next(); len(again) != 0 || err != nil {
		t.Fatal("the walk begins again after its end", err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	return list
}
