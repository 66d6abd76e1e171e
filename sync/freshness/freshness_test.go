package freshness_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/freshet/freshet/sync/freshness"
)

// TestQuantilesAreNearTheTruth: against the sorted spans themselves, within the width of a bucket.
func TestQuantilesAreNearTheTruth(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	var h freshness.Histogram
	var all []time.Duration
	for range 20_000 {
		d := time.Duration(math.Exp(r.Float64()*17) * float64(time.Millisecond)) // 1 ms to 6 h
		all = append(all, d)
		h.Add(d, 1)
	}
	slices.Sort(all)
	text, err := json.Marshal(h)
	var back freshness.Histogram
	if err != nil || json.Unmarshal(text, &back) != nil || back.Count() != 20_000 {
		t.Fatalf("%v: %s", err, text)
	}
	for _, p := range []float64{0.01, 0.5, 0.95, 0.99, 1} {
		want := all[int(math.Ceil(p*float64(len(all))))-1]
		got, ok := back.Quantile(p)
		if off := math.Abs(float64(got-want)) / float64(want); !ok || off > 0.0222 {
			t.Errorf("of %v: %v, want %v (%.1f %% off)", p, got, want, 100*off)
		}
	}
	if len(text) > 10_000 {
		t.Errorf("20,000 spans take %d bytes", len(text))
	}
}

var promise = freshness.Promise{Freshness: time.Minute, Success: 99.5}

// TestBudgetAndBurn: by hand-made numbers: 10 of 1,000 late where 5 may be burns twice as fast as it may.
func TestBudgetAndBurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w freshness.Windows
		w.Confirm(time.Now(), promise, time.Second, 900)
		w.Confirm(time.Now(), promise, time.Minute, 90) // the limit itself is kept
		w.Confirm(time.Now(), promise, time.Minute+time.Second, 4)
		w.Refuse(time.Now(), 6)
		hour, six, month := w.Last(time.Now(), time.Hour), w.Last(time.Now(), 6*time.Hour), w.Month(time.Now())
		for _, tally := range []freshness.Tally{hour.Tally, six.Tally, month} {
			if tally.Good != 990 || tally.Bad != 10 || math.Abs(promise.Burn(tally)-2) > 1e-9 || math.Abs(promise.Left(tally)+1) > 1e-9 {
				t.Errorf("%+v: burn %v, left %v", tally, promise.Burn(tally), promise.Left(tally))
			}
		}
		if !promise.Burning(hour.Tally, six.Tally) {
			t.Error("it burns, and nobody says so")
		}
		time.Sleep(2 * time.Hour)
		w.Confirm(time.Now(), promise, time.Second, 100)
		hour, six = w.Last(time.Now(), time.Hour), w.Last(time.Now(), 6*time.Hour)
		if hour.Bad != 0 || six.Bad != 10 || promise.Burning(hour.Tally, six.Tally) {
			t.Errorf("two hours later: %+v, %+v", hour.Tally, six.Tally)
		}
		time.Sleep(5 * time.Hour)
		if six = w.Last(time.Now(), 6*time.Hour); six.Bad != 0 || six.Good != 100 {
			t.Errorf("seven hours later: %+v", six.Tally)
		}
		time.Sleep(30 * 24 * time.Hour)
		if month = w.Month(time.Now()); month.Good+month.Bad != 0 {
			t.Errorf("a month later: %+v", month)
		}
	})
}

// TestWindowsStaySmall: however long a sync runs.
func TestWindowsStaySmall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w freshness.Windows
		for range 40 * 24 * 60 {
			time.Sleep(time.Minute)
			w.Confirm(time.Now(), promise, time.Duration(rand.IntN(2000))*time.Millisecond, 1)
		}
		if len(w.Fine) > 74 || len(w.Coarse) > 722 {
			t.Errorf("there are %d and %d slots", len(w.Fine), len(w.Coarse))
		}
	})
}

// TestAClockThatWasPutBack: what an earlier process kept under a clock that went an hour ahead counts as the present, and goes in
// its time.
func TestAClockThatWasPutBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w freshness.Windows
		w.Confirm(time.Now().Add(-time.Hour), promise, time.Second, 1)
		w.Confirm(time.Now().Add(time.Hour), promise, time.Hour, 7)
		w.Rebase(time.Now())
		if hour := w.Last(time.Now(), time.Hour); hour.Bad != 7 || hour.Good != 0 {
			t.Errorf("%+v", hour.Tally)
		}
		time.Sleep(65 * time.Minute)
		if hour := w.Last(time.Now(), time.Hour); hour.Bad != 0 {
			t.Errorf("it never goes: %+v", hour.Tally)
		}
		if six := w.Last(time.Now(), 6*time.Hour); six.Bad != 7 || six.Good != 1 {
			t.Errorf("it was lost: %+v", six.Tally)
		}
	})
}

func TestMoments(t *testing.T) {
	want := time.Date(2026, 3, 1, 10, 15, 30, 123_000_000, time.UTC)
	for _, text := range []string{"2026-03-01T10:15:30.123Z", "2026-03-01 10:15:30.123", "2026-03-01T11:15:30.123+01:00", "2026-03-01 11:15:30.123+01"} {
		if at, ok := freshness.Moment(text); !ok || !at.Equal(want) {
			t.Errorf("%s is read as %v", text, at)
		}
	}
	for _, text := range []string{"", "17", "yesterday"} {
		if at, ok := freshness.Moment(text); ok {
			t.Errorf("%q is read as %v", text, at)
		}
	}
}

// TestCourse goes through Burrow's rules, each with the case that it tells from the one before.
func TestCourse(t *testing.T) {
	begin := time.Unix(0, 0)
	for name, c := range map[string]struct {
		next, lag []int64
		after     time.Duration
		want      freshness.Course
	}{
		"never behind":                 {[]int64{1, 1, 1}, []int64{0, 0, 0}, 0, freshness.KeepsUp},
		"behind, but for once":         {[]int64{1, 1, 1, 1}, []int64{5, 0, 5, 9}, time.Hour, freshness.KeepsUp},
		"went back":                    {[]int64{9, 5, 6}, []int64{1, 5, 4}, 0, freshness.WentBack},
		"nobody sees it any more":      {[]int64{1, 2, 3}, []int64{9, 9, 9}, 3 * time.Second, freshness.Stopped},
		"does not move":                {[]int64{3, 3, 3}, []int64{9, 9, 10}, time.Second, freshness.Stalled},
		"moves and gets no nearer":     {[]int64{3, 4, 5}, []int64{9, 9, 10}, time.Second, freshness.Behind},
		"moves and gets nearer":        {[]int64{3, 4, 9}, []int64{9, 10, 5}, time.Second, freshness.KeepsUp},
		"two looks are not enough yet": {[]int64{3, 3}, []int64{9, 9}, time.Second, freshness.KeepsUp},
	} {
		var w freshness.Watch
		for i := range c.next {
			w.See(freshness.Sample{At: begin.Add(time.Duration(i) * time.Second), Next: c.next[i], Lag: c.lag[i]})
		}
		now := begin.Add(time.Duration(len(c.next)-1)*time.Second + c.after)
		if got := w.Judge(now); got != c.want {
			t.Errorf("%s: it %s, want: it %s", name, got, c.want)
		}
	}
}

// TestWords: each state from what it follows from, and what comes before what.
func TestWords(t *testing.T) {
	limit := 15 * time.Minute
	for name, c := range map[string]struct {
		facts freshness.Facts
		want  freshness.State
		why   string
	}{
		"fresh":          {freshness.Facts{Age: 12 * time.Minute, Limit: limit}, freshness.Fresh, ""},
		"at risk by age": {freshness.Facts{Age: 12*time.Minute + time.Second, Limit: limit}, freshness.AtRisk, "changes may be 12 min 1 s old, and the limit is 15 min"},
		"at the limit":   {freshness.Facts{Age: limit, Limit: limit}, freshness.AtRisk, "changes may be 15 min old, and the limit is 15 min"},
		"late":           {freshness.Facts{Age: 22 * time.Minute, Limit: limit, Waits: "no run has begun"}, freshness.Late, "changes may be 22 min old, and the limit is 15 min: no run has begun"},
		"burning":        {freshness.Facts{Age: time.Second, Limit: limit, Burning: true, Burn: 3.4}, freshness.AtRisk, "the error budget goes 3.4 times as fast as it may"},
		"trouble":        {freshness.Facts{Age: time.Second, Limit: limit, Trouble: "the source does not answer"}, freshness.AtRisk, "the source does not answer"},
		"late trouble":   {freshness.Facts{Age: time.Hour, Limit: limit, Trouble: "the source does not answer"}, freshness.Late, "changes may be 1 h old, and the limit is 15 min: the source does not answer"},
		"held and late":  {freshness.Facts{Age: time.Hour, Limit: limit, Held: "too many removals"}, freshness.Held, "too many removals"},
		"action":         {freshness.Facts{Held: "x", Needs: "the token is wrong"}, freshness.ActionNeeded, "the token is wrong"},
		"paused":         {freshness.Facts{Needs: "x", Paused: "mending"}, freshness.Paused, "mending"},
		"never":          {freshness.Facts{Limit: limit, Never: "it never ran"}, freshness.Unknown, "it never ran"},
		"no limit":       {freshness.Facts{Age: time.Second}, freshness.Unknown, "nothing is promised, and it runs by hand"},
	} {
		if state, why := freshness.Judge(c.facts); state != c.want || why != c.why {
			t.Errorf("%s: %s (%s), want %s (%s)", name, state, why, c.want, c.why)
		}
	}
}
