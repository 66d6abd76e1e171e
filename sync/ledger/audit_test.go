package ledger

import (
	"context"
	"database/sql"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pressly/goose/v3"
)

// logged is a closed ledger with five acts of alice, the second with its outcome: six entries.
func logged(t *testing.T) (dir string, head Link) {
	t.Helper()
	dir = t.TempDir()
	l := opened(t, dir)
	for _, a := range []Act{{Did: "feed.pause", Target: "feeds.carts", Why: "mending"}, {Did: "run.start", Target: "syncs.crm", Outcome: Begun},
		{Did: "run.start", Target: "syncs.crm", Outcome: Done, After: "plan sha256:1", Of: 2}, {Did: "feed.resume", Target: "feeds.carts"},
		{Did: "event.drop", Target: "feeds.carts event 3", Why: "a test"}, {Did: "token.revoke", Target: "tokens.ci"}} {
		a.Actor = "alice"
		_, err := l.NoteAct(t.Context(), a)
		must(t, err)
	}
	found, err := l.Verify(t.Context())
	must(t, err)
	if found.Broken != 0 || found.Entries != 6 {
		t.Fatalf("as it was written it is %+v", found)
	}
	must(t, l.Close())
	return dir, found.Head
}

func verified(t *testing.T, dir string, kept ...Link) Audit {
	t.Helper()
	r, err := OpenReader(t.Context(), dir)
	must(t, err)
	defer r.Close()
	found, err := r.Verify(t.Context(), kept...)
	must(t, err)
	return found
}

// tamper does to the file what its owner can, the triggers that keep mistakes out taken away first.
func tamper(t *testing.T, dir string, statements ...string) {
	t.Helper()
	path := filepath.Join(dir, fileName)
	for _, s := range append([]string{"DROP TRIGGER IF EXISTS acts_stay", "DROP TRIGGER IF EXISTS acts_are_final"}, statements...) {
		change(t, path, s)
	}
}

// TestTamperingWithTheAuditLogIsFound: whatever is done to an entry, and wherever, the first that is not as it was written is named.
// Guarantee G44.
func TestTamperingWithTheAuditLogIsFound(t *testing.T) {
	insert := `INSERT INTO acts SELECT 7, at, actor, via, did, target, why, before, after, outcome, of, hash FROM acts WHERE n = `
	cases := map[string]struct {
		first int64
		done  []string
	}{
		"flip the first":     {1, []string{"UPDATE acts SET why = 'mendinG' WHERE n = 1"}},
		"flip the last":      {6, []string{"UPDATE acts SET did = 'token.create' WHERE n = 6"}},
		"another person":     {4, []string{"UPDATE acts SET actor = 'bob' WHERE n = 4"}},
		"another time":       {5, []string{"UPDATE acts SET at = at + 1 WHERE n = 5"}},
		"another outcome":    {3, []string{"UPDATE acts SET outcome = 'held' WHERE n = 3"}},
		"outcome of another": {3, []string{"UPDATE acts SET of = 1 WHERE n = 3"}},
		"text moved over":    {1, []string{"UPDATE acts SET target = 'feeds.cartsm', why = 'ending' WHERE n = 1"}},
		"a hash":             {2, []string{"UPDATE acts SET hash = zeroblob(32) WHERE n = 2"}},
		"delete the first":   {1, []string{"DELETE FROM acts WHERE n = 1"}},
		"delete in between":  {4, []string{"DELETE FROM acts WHERE n = 4"}},
		"delete and close":   {4, []string{"DELETE FROM acts WHERE n = 4", "UPDATE acts SET n = n - 1 WHERE n > 4"}},
		"reorder":            {2, []string{"UPDATE acts SET n = 99 WHERE n = 2", "UPDATE acts SET n = 2 WHERE n = 3", "UPDATE acts SET n = 3 WHERE n = 99"}},
		"insert in between": {3, []string{"UPDATE acts SET n = n + 100 WHERE n > 2", "UPDATE acts SET n = n - 99 WHERE n > 100",
			strings.Replace(insert, "7", "3", 1) + "1"}},
		"append a copy": {7, []string{insert + "6"}},
		"truncate":      {6, []string{"DELETE FROM acts WHERE n = 6"}},
		"truncate more": {3, []string{"DELETE FROM acts WHERE n > 2"}},
		"truncate all":  {1, []string{"DELETE FROM acts"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			dir, _ := logged(t)
			tamper(t, dir, c.done...)
			if found := verified(t, dir); found.Broken != c.first || found.Why == "" {
				t.Errorf("found %+v, want the first broken entry to be %d", found, c.first)
			}
		})
	}
}

// TestARewrittenEndIsFoundByAKeptHead: whoever rewrites the end of the log with hashes that fit, and its head with it, is found out by
// a note of the head that was kept elsewhere; without the head file nobody can say where the log ended.
func TestARewrittenEndIsFoundByAKeptHead(t *testing.T) {
	dir, head := logged(t)
	tamper(t, dir, "DELETE FROM acts WHERE n = 6")
	must(t, os.Remove(filepath.Join(dir, headFile)))
	if found := verified(t, dir); found.Broken != 6 {
		t.Errorf("cut, and its head gone: %+v", found)
	}
	l := opened(t, dir) // notes as entry 6 what it found, and writes a new head
	must(t, l.Close())
	found := verified(t, dir)
	if found.Broken != 0 || len(found.Gaps) != 1 || found.Gaps[0] != 6 {
		t.Errorf("the cut is no longer told of: %+v", found)
	}
	if found = verified(t, dir, head); found.Broken != 6 {
		t.Errorf("with the head that was kept: %+v", found)
	}
	if parsed, err := ParseLink(head.String()); err != nil || parsed.String() != head.String() {
		t.Errorf("a head is written as %s and read as %s, %v", head, parsed, err)
	}
}

// TestACutIsNotedWhenTheLedgerIsOpened: the next act would write a new head over the one that tells of it.
func TestACutIsNotedWhenTheLedgerIsOpened(t *testing.T) {
	dir, head := logged(t)
	tamper(t, dir, "DELETE FROM acts WHERE n > 3")
	l := opened(t, dir)
	list, err := l.Acts(t.Context(), ActFilter{}, 1)
	must(t, err)
	if len(list) != 1 || list[0].Did != gapNoted || list[0].Before != head.String() || list[0].Actor != "freshet" {
		t.Errorf("noted is %+v", list)
	}
	must(t, l.Close())
	l = opened(t, dir)
	if list, err = l.Acts(t.Context(), ActFilter{}, 0); err != nil || len(list) != 3 {
		t.Errorf("opened again it noted more: %+v, %v", list, err)
	}
}

// TestACrashBeforeTheHeadIsNoCut: the head is written behind the log, so it may name an earlier entry.
func TestACrashBeforeTheHeadIsNoCut(t *testing.T) {
	dir, _ := logged(t)
	before := copyOf(t, dir, headFile)
	l := opened(t, dir)
	_, err := l.NoteAct(t.Context(), Act{Actor: "bob", Did: "run.start", Target: "syncs.crm"})
	must(t, err)
	must(t, l.Close())
	must(t, os.WriteFile(filepath.Join(dir, headFile), before, 0o600))
	if found := verified(t, dir); found.Broken != 0 || found.Entries != 7 {
		t.Errorf("found %+v", found)
	}
	l = opened(t, dir)
	if found, err := l.Verify(t.Context()); err != nil || len(found.Gaps) > 0 {
		t.Errorf("found %+v, %v", found, err)
	}
}

// TestActsAreNeverChanged: not by a mistake of ours.
func TestActsAreNeverChanged(t *testing.T) {
	dir, _ := logged(t)
	db, err := sql.Open("sqlite3", filepath.Join(dir, fileName))
	must(t, err)
	defer db.Close()
	for _, statement := range []string{"DELETE FROM acts WHERE n = 6", "UPDATE acts SET why = '' WHERE n = 1"} {
		if _, err := db.Exec(statement); err == nil {
			t.Errorf("%s was carried out", statement)
		}
	}
}

// TestAnActAndItsEffectAreOne: an act is in the log where its effect is in the ledger, and nowhere else. Guarantee G43.
func TestAnActAndItsEffectAreOne(t *testing.T) {
	l := opened(t, t.TempDir())
	f, err := l.EnsureFeed(t.Context(), "carts")
	must(t, err)
	ctx := WithAct(t.Context(), Act{Actor: "alice", Did: "feed.pause", Target: "feeds.carts"})
	if err := l.PauseFeed(ctx, f.Ref+1, "mending", "alice", ""); err == nil {
		t.Fatal("a feed that is not there was paused")
	}
	wantFault(t, l.Decide(ctx, f.Ref, 7, AsideDropped, nil, "x", nil), "ledger.not_held")
	if list, _ := l.Acts(t.Context(), ActFilter{}, 0); len(list) != 0 {
		t.Errorf("nothing was done, and noted is %+v", list)
	}
	must(t, l.PauseFeed(ctx, f.Ref, "mending", "alice", ""))
	list, err := l.Acts(t.Context(), ActFilter{}, 0)
	if err != nil || len(list) != 1 || list[0].Outcome != Done {
		t.Errorf("it was paused, and noted is %+v, %v", list, err)
	}
}

// TestActsAreFiltered: by sync, whole names alone; by person, kind and time; and each comes with what became of it.
func TestActsAreFiltered(t *testing.T) {
	l := opened(t, t.TempDir())
	for _, a := range []Act{{Actor: "alice", Did: "run.start", Target: "syncs.crm", Outcome: Begun}, {Actor: "bob", Did: "run.start", Target: "syncs.crm2"},
		{Actor: "alice", Did: "run.start", Target: "syncs.crm", Outcome: "config.x", After: "run_1", Of: 1}, {Actor: "alice", Did: "run.cancel", Target: "syncs.crm run_1"}} {
		_, err := l.NoteAct(t.Context(), a)
		must(t, err)
	}
	for _, c := range []struct {
		filter ActFilter
		want   []int64
	}{{ActFilter{}, []int64{4, 2, 1}}, {ActFilter{Sync: "crm"}, []int64{4, 1}}, {ActFilter{Actor: "bob"}, []int64{2}}, {ActFilter{Before: 4}, []int64{2, 1}},
		{ActFilter{Did: "run.start", Actor: "alice"}, []int64{1}}} {
		list, err := l.Acts(t.Context(), c.filter, 0)
		must(t, err)
		var got []int64
		for _, a := range list {
			got = append(got, a.N)
		}
		if len(got) != len(c.want) {
			t.Errorf("%+v gives %v, want %v", c.filter, got, c.want)
			continue
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%+v gives %v, want %v", c.filter, got, c.want)
			}
		}
		if last := list[len(list)-1]; last.N == 1 && (last.Outcome != "config.x" || last.After != "run_1" || last.Ended.IsZero()) {
			t.Errorf("the first act came to %+v", last)
		}
	}
}

// TestOldActsAreTakenIntoTheChain: a ledger from before the chain keeps its acts, and their end is kept a note of.
func TestOldActsAreTakenIntoTheChain(t *testing.T) {
	dir := t.TempDir()
	db, err := sql.Open("sqlite3", source(filepath.Join(dir, fileName), writing))
	must(t, err)
	files, err := fs.Sub(migrations, "migrations")
	must(t, err)
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithDisableGlobalRegistry(true))
	must(t, err)
	_, err = provider.UpTo(context.Background(), 3)
	must(t, err)
	_, err = db.Exec(`INSERT INTO acts (at, actor, did, target, why) VALUES (1, 'alice', 'feed.pause', 'feeds.carts', 'x'), (2, 'bob', 'feed.resume', 'feeds.carts', '')`)
	must(t, err)
	must(t, db.Close())
	must(t, opened(t, dir).Close())
	if found := verified(t, dir); found.Broken != 0 || found.Entries != 2 || len(found.Gaps) != 0 {
		t.Errorf("found %+v", found)
	}
	tamper(t, dir, "DELETE FROM acts WHERE n = 2")
	if found := verified(t, dir); found.Broken != 2 {
		t.Errorf("cut after that: %+v", found)
	}
}

// TestAForgedEntryBreaksTheNext: whoever rewrites an entry and its hash has to rewrite all that come after it, and the head.
func TestAForgedEntryBreaksTheNext(t *testing.T) {
	dir, _ := logged(t)
	r, err := OpenReader(t.Context(), dir)
	must(t, err)
	var entries []Act
	must(t, r.EachAct(t.Context(), func(a Act) error { entries = append(entries, a); return nil }))
	must(t, r.Close())
	forged := entries[4]
	forged.Actor = "bob"
	hash := hex.EncodeToString(forged.chained(entries[3].Hash))
	tamper(t, dir, "UPDATE acts SET actor = 'bob', hash = x'"+hash+"' WHERE n = 5")
	if found := verified(t, dir); found.Broken != 6 {
		t.Errorf("found %+v", found)
	}
}
