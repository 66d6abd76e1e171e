package connecttest

import (
	"errors"
	"fmt"
	"strings"

	"github.com/freshet/freshet/sync/connect"
)

// leavingChecks: what is done when a record left its model.
func leavingChecks() []check {
	var checks []check
	for _, v := range []connect.Verb{connect.Clear, connect.Archive, connect.Delete} {
		checks = append(checks,
			check{name: v.String(), when: claims(v), run: func(b *bench) error { return leaves(b, v) }},
			check{name: v.String() + "-absent", when: claims(v), run: func(b *bench) error { return leavesAbsent(b, v) }})
	}
	return append(checks, check{name: "comes-back", when: canRemove, run: comesBack})
}

// leaves: the second of three records leaves; the others stay as they are.
func leaves(b *bench, v connect.Verb) error {
	first, a, err := b.seed(3)
	if err != nil {
		return err
	}
	leave := b.batch(v, 1, 1, 0)
	leave.Ops[0].RemoteID = a.outcomes[1].RemoteID
	if err := b.deliver(leave).accepted(1); err != nil {
		return err
	}
	stay := []connect.Operation{first.Ops[0], first.Ops[2]}
	if v != connect.Clear {
		return b.holdsExactly(stay)
	}
	return cleared(b, leave.Ops[0], stay)
}

func cleared(b *bench, op connect.Operation, stay []connect.Operation) error {
	held := b.peer.Applied(b.object.Name)
	record, ok := held[b.identity(op)]
	if !ok {
		return errors.New("clearing took the record away")
	}
	for _, f := range op.Fields {
		if text := record[f.Name]; strings.TrimSpace(text) != "" {
			return fmt.Errorf("%s was not cleared", f.Name)
		}
	}
	return b.holdsExactly(append(stay, op))
}

// leavesAbsent: what is not there counts as missing (or done), also beside a record that is.
func leavesAbsent(b *bench, v connect.Verb) error {
	first, _, err := b.seed(1)
	if err != nil {
		return err
	}
	if err := b.deliver(b.batch(v, 5, 2, 0)).gone(2); err != nil {
		return fmt.Errorf("absent alone: %w", err)
	}
	mixed := b.batch(v, 0, 1, 0)
	mixed.Ops = append(mixed.Ops, b.object.Op(v, 7, 0))
	if err := b.deliver(mixed).gone(2); err != nil {
		return fmt.Errorf("absent beside present: %w", err)
	}
	if v == connect.Clear {
		_, there := b.peer.Applied(b.object.Name)[b.identity(first.Ops[0])]
		if !there {
			return errors.New("clearing took the record away")
		}
		return nil
	}
	return b.holdsExactly(nil)
}

// comesBack: a record that was removed can be made again.
func comesBack(b *bench) error {
	if _, _, err := b.seed(1); err != nil {
		return err
	}
	verb := connect.Archive
	if !b.can(verb) {
		verb = connect.Delete
	}
	if err := b.deliver(b.batch(verb, 0, 1, 0)).gone(1); err != nil {
		return err
	}
	again := b.batch(b.verb(), 0, 1, 1)
	if err := b.deliver(again).accepted(1); err != nil {
		return err
	}
	return b.holdsExactly(again.Ops)
}
