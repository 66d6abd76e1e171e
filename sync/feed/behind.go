package feed

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/ledger"
	"github.com/freshet/freshet/sync/model"
	"github.com/freshet/freshet/sync/window"
)

// keptBack is the oldest event that waits under each key. Newer ones under the same key wait behind it; nil where the policy is to
// let them pass.
type keptBack map[ledger.HoldKey]model.Version

func (k keptBack) add(keys []ledger.HoldKey, v model.Version) {
	if k == nil {
		return
	}
	for _, key := range keys {
		if was, has := k[key]; !has || v.Compare(was) < 0 {
			k[key] = v
		}
	}
}

// before finds the oldest event that this one waits behind. A deletion never waits: it makes what is older idle, and what was taken
// away at the source must not live on here.
func (k keptBack) before(d *decoded) (first model.Version, behind bool) {
	if k == nil || onlyDeletes(d) {
		return first, false
	}
	for _, key := range askedOf(d) {
		if v, has := k[key]; has && v.Compare(d.version) < 0 && (!behind || v.Compare(first) < 0) {
			first, behind = v, true
		}
	}
	return first, behind
}

// holdsOf is what an event that was set aside keeps back: the rows it speaks of or, where it cannot be decoded, whatever has its
// Kafka key. One without a key keeps nothing back, and neither does a truncation.
func holdsOf(d *decoded, code string) []ledger.HoldKey {
	if code == Truncated {
		return nil
	}
	if keys := rowHolds(d); len(keys) > 0 {
		return keys
	}
	if key, has := ledger.EventHold(d.event.Key); has {
		return []ledger.HoldKey{key}
	}
	return nil
}

func rowHolds(d *decoded) (keys []ledger.HoldKey) {
	if d.reading.Key != "" { // told by an event that cannot be read otherwise
		keys = append(keys, ledger.RowHold(d.reading.Key))
	}
	for i := range d.reading.Changes {
		c := &d.reading.Changes[i]
		for _, key := range []model.Key{c.Key, c.OldKey} {
			if key != "" && c.Op != window.Truncate {
				keys = append(keys, ledger.RowHold(key))
			}
		}
	}
	return keys
}

// askedOf are the keys under which something may keep an event back.
func askedOf(d *decoded) []ledger.HoldKey {
	keys := rowHolds(d)
	if key, has := ledger.EventHold(d.event.Key); has && len(keys) > 0 {
		keys = append(keys, key)
	}
	return keys
}

// keptBack reads what keeps back events of a batch.
func (f *Feed) keptBack(ctx context.Context, list []decoded) (keptBack, error) {
	if !f.def.HoldNewer {
		return nil, nil
	}
	var keys []ledger.HoldKey
	for i := range list {
		keys = append(keys, askedOf(&list[i])...)
	}
	holds, err := f.Ledger.Holds(ctx, f.state.Ref, keys)
	back := keptBack{}
	for _, h := range holds {
		back.add([]ledger.HoldKey{h.Key}, h.Version)
	}
	return back, err
}

// holds says whether an event that waits keeps a row back.
func (f *Feed) holds(ctx context.Context, key model.Key) (bool, error) {
	if !f.def.HoldNewer {
		return false, nil
	}
	list, err := f.Ledger.Holds(ctx, f.state.Ref, []ledger.HoldKey{ledger.RowHold(key)})
	return len(list) > 0, err
}

// behind sets an event aside whole that is newer than one of its key that waits: nothing of it is seen before that one is decided
// about. Guarantee G39.
func (t *taking) behind(d *decoded) bool {
	first, behind := t.back.before(d)
	if !behind {
		return false
	}
	t.taken.Aside++
	t.taken.Behind++
	a := ledger.Aside{Version: d.version, Key: d.reading.Changes[0].Key, Code: ledger.AsideBehind, Message: waitsBehind(first), Event: *d.event, Holds: rowHolds(d)}
	t.back.add(a.Holds, d.version)
	t.batch.Aside = append(t.batch.Aside, a)
	return true
}

func onlyDeletes(d *decoded) bool {
	return !slices.ContainsFunc(d.reading.Changes, func(c window.Change) bool { return c.Op != window.Delete && c.Op != window.Nothing })
}

func waitsBehind(first model.Version) string {
	return fmt.Sprintf("waits behind offset %d of partition %d, an older event of its key that was set aside", first.Offset, first.Partition)
}

// mustWait refuses to let an event overtake another.
func mustWait(a ledger.Aside, first model.Version) error {
	return fault.New(fault.Usage, ledger.AsideBehind, "the event "+waitsBehind(first)).At("event " + strconv.FormatInt(a.N, 10)).
		Do("decide about that one first: this one follows it by itself. Or drop it with a reason")
}

// mostBehind is how many events may wait behind others where the feed does not say.
const mostBehind = 10_000

// tooManyBehind is why the feed pauses where too many events wait behind others; "" where they do not.
func (t *taking) tooManyBehind(ctx context.Context) string {
	if t.taken.Behind == 0 {
		return ""
	}
	most := cmp.Or(t.def.MostBehind, mostBehind)
	n, err := t.Ledger.CountBehind(ctx, t.state.Ref)
	if err != nil || n < most {
		return ""
	}
	return fmt.Sprintf("%d events wait behind older ones of their keys that were set aside, and no more than %d may", n, most)
}
