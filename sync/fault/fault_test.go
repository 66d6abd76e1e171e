package fault

import (
	"errors"
	"fmt"
	"testing"
)

func TestNearest(t *testing.T) {
	names := []string{"destination", "description", "model", "match", "fields"}
	cases := map[string]string{"destnation": "destination", "modle": "model", "Fields": "fields", "matches": "match",
		"zebra": "", "": "", "ﬁelds": "fields"}
	for word, want := range cases {
		if got := Nearest(word, names); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", word, got, want)
		}
	}
}

func TestTheOuterFaultWins(t *testing.T) {
	inner := New(Storage, "ledger.disk_full", "the disk is full")
	outer := New(Held, "model.drift", "nothing was sent").Because(fmt.Errorf("writing: %w", inner))
	err := fmt.Errorf("running: %w", outer)
	if As(err).Code != "model.drift" || !Is(err, "model.drift") || Is(err, "ledger.disk_full") {
		t.Errorf("found %+v", As(err))
	}
	if f := As(errors.New("boom")); f.Kind != Internal || f.Kind.Exit() != ExitFailed {
		t.Errorf("an error without a name is %+v", f)
	}
}
