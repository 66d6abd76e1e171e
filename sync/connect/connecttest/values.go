package connecttest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/model"
)

// valueChecks: what a field holds arrives as it is.
func valueChecks() []check {
	return []check{
		{name: "texts-arrive-intact", run: textsIntact},
		{name: "longest-text", run: longestText},
		{name: "null-clears", when: canChange, run: nullClears},
		{name: "absent-is-left-alone", when: canChange, run: absentStays},
	}
}

// texts are the values that trip programs: quotes, markup, templates, separators, both forms of an accent,
// right-to-left text, characters beyond 16 bits, numbers that must stay text, and words that look like nothing.
var texts = []string{
	`O'Brien "The Boss" \ /`, "<b>&amp;</b>", "{{ name }} %s $1", "a,b;c|d\ttab", "first line\nsecond line",
	"Zo\u00eb", "Zoe\u0308", "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627", "👩‍👩‍👧 𝔘𝔫𝔦", "007", "1e5", "9007199254740993",
	"null", "NULL", "#N/A", "true", "=1+1", "-", "日本語", "\u2028",
}

func textsIntact(b *bench) error {
	batch := b.batch(b.verb(), 0, len(texts)+1, 0)
	for i, text := range texts {
		batch.Ops[i] = b.with(batch.Ops[i], model.Text(text))
	}
	last := len(texts)
	batch.Ops[last] = b.with(batch.Ops[last], model.Text("")) // empty is not null
	if err := b.deliver(batch).accepted(last + 1); err != nil {
		return err
	}
	return b.holdsExactly(batch.Ops)
}

func longestText(b *bench) error {
	n := b.object.Longest
	if n == 0 {
		n = 4096
	}
	batch := b.batch(b.verb(), 0, 1, 0)
	batch.Ops[0] = b.with(batch.Ops[0], model.Text(strings.Repeat("ä", n)))
	if err := b.deliver(batch).accepted(1); err != nil {
		return err
	}
	return b.holdsExactly(batch.Ops)
}

func (b *bench) changing() connect.Verb {
	if b.can(connect.Upsert) {
		return connect.Upsert
	}
	return connect.Update
}

func nullClears(b *bench) error {
	if _, _, err := b.seed(2); err != nil {
		return err
	}
	change := b.batch(b.changing(), 0, 2, 0)
	change.Ops[0] = b.with(change.Ops[0], model.Value{})
	if err := b.deliver(change).accepted(2); err != nil {
		return err
	}
	return b.holdsExactly(change.Ops)
}

func absentStays(b *bench) error {
	first, _, err := b.seed(1)
	if err != nil {
		return err
	}
	before, ok := first.Ops[0].Fields.Get(b.object.Text)
	if !ok {
		return fmt.Errorf("the sample operation does not set %s", b.object.Text)
	}
	change := b.batch(b.changing(), 0, 1, 1)
	op := &change.Ops[0]
	op.Fields = slices.DeleteFunc(slices.Clone(op.Fields), func(f model.Field) bool { return f.Name == b.object.Text })
	if err := b.deliver(change).accepted(1); err != nil {
		return err
	}
	return b.holdsExactly([]connect.Operation{b.with(*op, before)})
}
