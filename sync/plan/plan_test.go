package plan

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
	"pgregory.net/rapid"
)

func write(t interface{ Fatal(...any) }, steps []Step, s Summary) ([]byte, Summary) {
	var out bytes.Buffer
	w := NewWriter(&out, nil)
	for i := range steps {
		if err := w.Add(&steps[i]); err != nil {
			t.Fatal(err)
		}
	}
	s, err := w.Close(s)
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), s
}

func open(t interface{ Fatal(...any) }, b []byte) *File {
	f, err := Open(bytes.NewReader(b), int64(len(b)))
	if err == nil {
		err = f.Verify()
	}
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func all(t interface{ Fatal(...any) }, f *File, from, to int64) []Step {
	var got []Step
	next := from
	err := f.Steps(from, to, func(ord int64, s *Step) error {
		if ord != next {
			t.Fatal(fmt.Sprintf("ordinal %d, want %d", ord, next))
		}
		next++
		got = append(got, *s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// inOrder is what a file should hold: segments in their order, and in each the steps as they came.
func inOrder(steps []Step) (want []Step) {
	for i := range order {
		for _, s := range steps {
			if place(&s) == i {
				want = append(want, s)
			}
		}
	}
	return want
}

func randomStep(t *rapid.T, i int) Step {
	texts := rapid.SampledFrom([]string{"", "a", "\xff\x00", "naïve", "{}", strings.Repeat("long ", 50)})
	fields := rapid.Custom(func(t *rapid.T) model.Fields {
		names := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"email", "plan", "a.b", "a.c", "ß", ""}), 0, 4, rapid.ID).Draw(t, "names")
		slices.Sort(names)
		var f model.Fields
		for _, n := range names {
			kind := rapid.SampledFrom([]model.Kind{model.Null, model.Bool, model.Int, model.String, model.JSON}).Draw(t, "kind")
			text := map[model.Kind]string{model.Bool: "true", model.Int: "-170141183460469231731687303715884105728", model.JSON: `{"a":[1]}`}[kind]
			if kind == model.String {
				text = texts.Draw(t, "text")
			}
			f = append(f, model.Field{Name: n, Value: model.Value{Kind: kind, Text: text}})
		}
		return f
	})
	s := Step{
		Kind: Kind(rapid.IntRange(int(Enter), int(Quarantine)).Draw(t, "kind")), Key: model.Key(fmt.Sprintf("%05d", i) + texts.Draw(t, "key")),
		Cause: texts.Draw(t, "cause"), RowHash: rapid.Uint64().Draw(t, "row"), PayloadHash: rapid.Uint64().Draw(t, "payload"),
		Match: fields.Draw(t, "match"), PriorMatch: fields.Draw(t, "prior"), RemoteID: texts.Draw(t, "remote"),
		Origin: model.Origin(rapid.IntRange(0, 2).Draw(t, "origin")), Fields: fields.Draw(t, "fields"), Before: fields.Draw(t, "before"),
		Version: texts.Draw(t, "version"), Code: texts.Draw(t, "code"), Message: texts.Draw(t, "message"), Where: texts.Draw(t, "where"), Stage: texts.Draw(t, "stage"),
	}
	if s.Kind.Sends() {
		s.Verb = connect.Verb(rapid.IntRange(int(connect.Upsert), int(connect.Delete)).Draw(t, "verb"))
	}
	return s
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var steps []Step
		for i := range rapid.IntRange(0, 40).Draw(t, "steps") {
			steps = append(steps, randomStep(t, i))
		}
		b, summary := write(t, steps, Summary{Sync: "s", Counts: Counts{Read: 5, Holds: 3}})
		again, _ := write(t, steps, Summary{Sync: "s", Counts: Counts{Read: 5, Holds: 3}})
		if !bytes.Equal(b, again) {
			t.Fatal("equal steps made other bytes")
		}
		f := open(t, b)
		want := inOrder(steps)
		if got := all(t, f, 0, f.Total()); !equalSteps(got, want) {
			t.Fatalf("read\n%+v\nwrote\n%+v", got, want)
		}
		if f.Summary().Hash != summary.Hash || !strings.HasPrefix(summary.Hash, "sha256:") {
			t.Fatalf("hash %q, was %q", f.Summary().Hash, summary.Hash)
		}
		if n := len(want); n > 0 {
			from := rapid.IntRange(0, n-1).Draw(t, "from")
			to := rapid.IntRange(from, n).Draw(t, "to")
			if got := all(t, f, int64(from), int64(to)); !equalSteps(got, want[from:to]) {
				t.Fatalf("range %d..%d differs", from, to)
			}
		}
	})
}

func equalSteps(a, b []Step) bool {
	return slices.EqualFunc(a, b, func(x, y Step) bool { return reflect.DeepEqual(plainStep(x), plainStep(y)) })
}

// plainStep makes empty and absent fields alike.
func plainStep(s Step) Step {
	for _, f := range []*model.Fields{&s.Match, &s.PriorMatch, &s.Fields, &s.Before} {
		if len(*f) == 0 {
			*f = nil
		}
	}
	return s
}

func fieldsOf(pairs ...string) (f model.Fields) {
	for i := 0; i < len(pairs); i += 2 {
		f = append(f, model.Field{Name: pairs[i], Value: model.Text(pairs[i+1])})
	}
	f.Sort()
	return f
}

// story is a plan with one of everything.
func story() []Step {
	return []Step{
		{Kind: Enter, Verb: connect.Upsert, Key: "1", Fields: fieldsOf("email", "ann@example.com", "plan", "pro")},
		{Kind: Change, Verb: connect.Upsert, Key: "2", Fields: fieldsOf("email", "bo@example.com", "plan", "pro"), Before: fieldsOf("plan", "free")},
		{Kind: Leave, Verb: connect.Delete, Key: "3", Cause: "left the model", Origin: model.Made, RemoteID: "77", Before: fieldsOf("email", "gone@example.com")},
		{Kind: Leave, Verb: connect.Delete, Key: "4", Cause: "left the model", Origin: model.Matched},
		{Kind: Quarantine, Key: "5", Code: "mapping.too_long", Message: "the text is longer than the 40 characters the destination takes", Where: "first_name", Stage: "mapping"},
		{Kind: Touch, Key: "6", RowHash: 9},
		{Kind: Lapse, Key: "7"},
		{Kind: Again, Verb: connect.Upsert, Key: "8", Fields: fieldsOf("email", "cy@example.com")},
		{Kind: Return, Verb: connect.Upsert, Key: "9", Fields: fieldsOf("email", "di@example.com"), Before: fieldsOf("email", "old@example.com")},
	}
}

func TestSummaryCounts(t *testing.T) {
	b, s := write(t, story(), Summary{Sync: "crm", Counts: Counts{Rows: 98, Read: 100, Unchanged: 93, Superseded: 1, Filtered: 2, Waiting: 3, Holds: 97, Enter: 12345}})
	if s.Rows != 98 || s.Read != 100 || s.Unchanged != 93 || s.Superseded != 1 || s.Filtered != 2 || s.Waiting != 3 || s.Holds != 97 {
		t.Errorf("the caller's counts are lost: %+v", s.Counts)
	}
	if s.Enter != 1 || s.Change != 1 || s.Leave != 2 || s.Quarantine != 1 || s.Touch != 1 || s.Lapse != 1 || s.Again != 1 || s.Return != 1 {
		t.Errorf("counts: %+v", s.Counts)
	}
	if s.Sends != 6 || s.Removals != 2 || s.After != 97+1+1-2-1 {
		t.Errorf("sends %d, removals %d, after %d", s.Sends, s.Removals, s.After)
	}
	if want := []VerbCount{{"delete", 2}, {"upsert", 4}}; !slices.Equal(s.Verbs, want) {
		t.Errorf("verbs %v", s.Verbs)
	}
	if want := []RemovalCount{{"left the model", "delete", "made", 1}, {"left the model", "delete", "matched", 1}}; !slices.Equal(s.Removed, want) {
		t.Errorf("removed %v", s.Removed)
	}
	if want := []FieldCount{{"email", 1}, {"plan", 1}}; !slices.Equal(s.Changed, want) {
		t.Errorf("changed %v", s.Changed)
	}
	if len(s.Quarantined) != 1 || s.Quarantined[0].Rows != 1 || s.Quarantined[0].Code != "mapping.too_long" {
		t.Errorf("quarantined %v", s.Quarantined)
	}
	read := open(t, b).Summary()
	x, _ := json.Marshal(read)
	y, _ := json.Marshal(s)
	if !bytes.Equal(x, y) {
		t.Errorf("the file's summary is\n%s\nClose gave\n%s", x, y)
	}
	for _, member := range []string{`"sync":"crm"`, `"read":100`, `"before":"free","after":"pro","changed":true`, `"hash":"sha256:`, `"kind":"enter"`} {
		if !bytes.Contains(x, []byte(member)) {
			t.Errorf("the JSON has no %s:\n%s", member, x)
		}
	}
}

// TestSegments: removals stand before writes, and what is for the ledger alone before both.
func TestSegments(t *testing.T) {
	b, _ := write(t, story(), Summary{})
	var got []string
	for _, s := range open(t, b).Segments() {
		got = append(got, fmt.Sprint(s.Kind, " ", s.Verb, " ", s.From, "-", s.To))
	}
	want := []string{"quarantine none 0-1", "touch none 1-2", "lapse none 2-3", "none delete 3-5", "none upsert 5-9"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestFind(t *testing.T) {
	var steps []Step
	for i := range 3000 {
		steps = append(steps, Step{Kind: Enter, Verb: connect.Upsert, Key: model.Key(fmt.Sprintf("%05d", i)), Fields: fieldsOf("n", fmt.Sprint(i))})
	}
	steps = append(steps, Step{Kind: Quarantine, Key: "01234", Code: "key.duplicate"}, Step{Kind: Quarantine, Key: "01234", Code: "key.duplicate"})
	b, _ := write(t, steps, Summary{})
	f := open(t, b)
	found, err := f.Find("01234")
	if err != nil || len(found) != 3 || found[0].Step.Kind != Quarantine || found[2].Ord != 2+1234 || found[2].Step.Key != "01234" {
		t.Errorf("%+v, %v", found, err)
	}
	if found, err := f.Find("0123"); err != nil || len(found) != 0 {
		t.Errorf("%+v, %v", found, err)
	}
}

// TestDamageIsRefused: a plan cut at any byte, or with any byte another, does not open and verify.
func TestDamageIsRefused(t *testing.T) {
	b, _ := write(t, story(), Summary{Sync: "s"})
	try := func(b []byte) error {
		f, err := Open(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return err
		}
		return f.Verify()
	}
	for n := range b {
		if err := try(b[:n]); !fault.Is(err, "plan.damaged") {
			t.Fatalf("cut to %d of %d bytes: %v", n, len(b), err)
		}
	}
	if err := try(append(slices.Clone(b), 0)); !fault.Is(err, "plan.damaged") {
		t.Errorf("a byte more: %v", err)
	}
	for i := range b {
		edited := slices.Clone(b)
		edited[i] ^= 1 << (i % 8)
		if err := try(edited); !fault.Is(err, "plan.damaged") && !fault.Is(err, "plan.newer") {
			t.Fatalf("byte %d changed: %v", i, err)
		}
	}
	newer := slices.Clone(b)
	newer[len(magic)] = Format + 1
	if err := try(newer); !fault.Is(err, "plan.newer") {
		t.Errorf("a newer format: %v", err)
	}
}

// TestEditedBlocksAreRefusedWithoutVerify: reading steps never panics and never hands out what it cannot read.
func TestEditedBlocksAreRefusedWithoutVerify(t *testing.T) {
	b, _ := write(t, story(), Summary{})
	for i := range b {
		edited := slices.Clone(b)
		edited[i] ^= 1 << (i % 8)
		f, err := Open(bytes.NewReader(edited), int64(len(edited)))
		if err != nil {
			continue
		}
		_ = f.Steps(0, f.Total(), func(int64, *Step) error { return nil })
		_, _ = f.Find("5")
	}
}

// TestDecoderTakesAnything: bytes that are no step set bad, whatever they are; they neither panic nor ask for memory.
func TestDecoderTakesAnything(t *testing.T) {
	whole := (&names{ids: map[string]uint64{}}).appendStep(nil, &story()[1])
	rapid.Check(t, func(t *rapid.T) {
		b := slices.Clone(whole)
		for range rapid.IntRange(0, 4).Draw(t, "edits") {
			at := rapid.IntRange(0, len(b)-1).Draw(t, "at")
			b = append(append(b[:at:at], rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 0x7f, 0x80, 0xff}), 0, 12).Draw(t, "bytes")...), b[at:]...)
		}
		d := decoder{rest: string(b), names: []string{"email", "plan"}}
		var s Step
		d.step(&s)
	})
}

func TestBadStepsAreRefused(t *testing.T) {
	w := NewWriter(&bytes.Buffer{}, nil)
	for _, s := range []Step{{}, {Kind: Enter}, {Kind: Leave, Key: "a"}} {
		if err := w.Add(&s); !fault.Is(err, "plan.bad_step") {
			t.Errorf("%+v: %v", s, err)
		}
	}
}

func TestEstimate(t *testing.T) {
	limits := func(v connect.Verb, rows int) connect.Limits {
		if v == connect.Delete {
			return connect.Limits{Rows: 10, Concurrency: 1}
		}
		return connect.Limits{Rows: 100, Concurrency: 2, Calls: 5, Per: 10_000_000_000}
	}
	calls, seconds := Estimate([]VerbCount{{"delete", 11}, {"upsert", 1001}}, limits)
	// 2 deletes one after the other; 11 upserts in windows of 5 within 10 s: the third window opens after 20 s.
	if calls != 2+11 || seconds != 0.5+20 {
		t.Errorf("%d calls in %v s", calls, seconds)
	}
}

// TestSpills: every spill is closed, whether a plan is made or given up, and memory is not where the steps are.
func TestSpills(t *testing.T) {
	opened, closed := 0, 0
	spill := func() (Spill, error) { opened++; return &counting{closed: &closed}, nil }
	var out bytes.Buffer
	for _, give := range []bool{false, true} {
		w := NewWriter(&out, spill)
		for _, s := range story() {
			if err := w.Add(&s); err != nil {
				t.Fatal(err)
			}
		}
		if give {
			w.Discard()
		} else if _, err := w.Close(Summary{}); err != nil {
			t.Fatal(err)
		}
	}
	if opened != 10 || closed != opened {
		t.Errorf("%d opened, %d closed", opened, closed)
	}
}

type counting struct {
	memory
	closed *int
}

func (c *counting) Close() error { *c.closed++; return nil }

func benchSteps(n int) []Step {
	steps := make([]Step, n)
	for i := range steps {
		f := fieldsOf("email", fmt.Sprintf("person%d@example.com", i), "firstname", "Ann", "plan", "pro", "city", "Köln", "ltv", "199.90")
		steps[i] = Step{Kind: Enter, Verb: connect.Upsert, Key: model.Key(fmt.Sprintf("%08d", i)), RowHash: uint64(i) * 0x9e3779b97f4a7c15, PayloadHash: uint64(i), Match: f[1:2], Fields: f}
	}
	return steps
}

func BenchmarkWrite(b *testing.B) {
	steps := benchSteps(100_000)
	for b.Loop() {
		write(b, steps, Summary{})
	}
	b.ReportMetric(float64(len(steps))*float64(b.N)/b.Elapsed().Seconds()/1e6, "Msteps/s")
}

func BenchmarkRead(b *testing.B) {
	steps := benchSteps(100_000)
	file, _ := write(b, steps, Summary{})
	f := open(b, file)
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		if err := f.Steps(0, f.Total(), func(int64, *Step) error { n++; return nil }); err != nil || n != len(steps) {
			b.Fatal(n, err)
		}
	}
	b.ReportMetric(float64(len(steps))*float64(b.N)/b.Elapsed().Seconds()/1e6, "Msteps/s")
}
