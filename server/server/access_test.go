package server_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/freshet/freshet/server/auth"
	"github.com/freshet/freshet/server/wire"
)

// made makes a token over the API.
func (s *shop) made(body string) wire.MadeToken {
	s.t.Helper()
	var out wire.MadeToken
	a := s.ask("POST", "/api/tokens", body, s.token())
	if err := json.Unmarshal(a.body, &out); err != nil || a.status != http.StatusOK || out.Secret == "" {
		s.t.Fatalf("%d %s", a.status, a.body)
	}
	return out
}

func shown(token string) map[string]string {
	return map[string]string{"Authorization": "Bearer " + token}
}

func code(a answered) string {
	var p wire.Problem
	_ = json.Unmarshal(a.body, &p)
	return p.Code
}

// TestEveryOperationIsInTheTable: an operation of the API that nobody has decided about is for nobody, and this fails; so does a row of
// the table without an operation. Guarantee G46.
func TestEveryOperationIsInTheTable(t *testing.T) {
	s := newShop(t)
	var ops, rows []string
	for _, op := range s.document().ops {
		ops = append(ops, op.id)
	}
	for _, row := range auth.Operations {
		rows = append(rows, row.ID)
		if len(row.For) == 0 || !slices.Contains(row.For, auth.Admin) {
			t.Errorf("%s is for %v", row.ID, row.For)
		}
	}
	slices.Sort(rows)
	if !slices.Equal(ops, rows) {
		t.Errorf("the API has\n%v\nand the table\n%v", ops, rows)
	}
}

// TestEveryRoleMayWhatTheTableSays: every operation is asked for by a token of every role: it is refused where the table says so and
// nowhere else, and before anything is done. Guarantee G46.
func TestEveryRoleMayWhatTheTableSays(t *testing.T) {
	s := newShop(t)
	run := s.asideAndRun()
	ops := s.document().ops
	for _, role := range auth.Roles {
		token := s.made(fmt.Sprintf(`{"name":"of-%s","role":"%s"}`, role, role)).Secret
		for _, row := range auth.Operations {
			i := slices.IndexFunc(ops, func(op operation) bool { return op.id == row.ID })
			before := s.count()
			body := strings.ReplaceAll(goodBodies[row.ID], `"made"`, fmt.Sprintf(`"made-%s"`, role))
			a := s.ask(ops[i].method, fill(ops[i].path, "carts", "carts", "1", run), body, shown(token))
			if refused := code(a) == "auth.role"; refused == slices.Contains(row.For, role) {
				t.Errorf("%s asked by a %s: %d %s", row.ID, role, a.status, a.body)
			} else if refused && (a.status != http.StatusForbidden || s.count() != before) {
				t.Errorf("%s refused to a %s: %d, and %d entries instead of %d", row.ID, role, a.status, s.count(), before)
			}
			if a.status == http.StatusUnauthorized || a.status >= 500 {
				t.Errorf("%s asked by a %s: %d %s", row.ID, role, a.status, a.body)
			}
		}
	}
}

// count is how many acts there are.
func (s *shop) count() int { return len(s.actsOf("")) }

func (s *shop) actsOf(query string) []wire.Act {
	s.t.Helper()
	var list wire.Acts
	if err := json.Unmarshal(s.ask("GET", "/api/acts?limit=1000"+query, "", s.token()).body, &list); err != nil {
		s.t.Fatal(err)
	}
	return list.Acts
}

// TestAScopeIsKept: a token for one sync sees and does nothing of another, nor of a feed that reaches others, nor of the workspace as a
// whole; what is not there looks the same.
func TestAScopeIsKept(t *testing.T) {
	s := newShop(t)
	run := s.asideAndRun()
	mine := shown(s.made(`{"name":"mine","role":"admin","syncs":["carts"]}`).Secret)
	other := shown(s.made(`{"name":"other","role":"admin","syncs":["others"]}`).Secret)
	var replay wire.ReplayAsked
	if err := json.Unmarshal(s.ask("POST", "/api/feeds/carts/replays", `{}`, s.token()).body, &replay); err != nil || replay.Replay == "" {
		t.Fatalf("a replay: %+v, %v", replay, err)
	}
	for _, op := range s.document().ops {
		i := slices.IndexFunc(auth.Operations, func(o auth.Operation) bool { return o.ID == op.id })
		path := fill(strings.Replace(op.path, "{replay}", replay.Replay, 1), "carts", "carts", "1", run)
		named := strings.Contains(op.path, "{")
		if a := s.ask(op.method, path, goodBodies[op.id], other); (code(a) == "auth.scope") != (named || auth.Operations[i].Whole) {
			t.Errorf("%s by another: %d %s", op.id, a.status, a.body)
		}
		if op.id == "pause-feed" || op.id == "resume-feed" || auth.Operations[i].Whole {
			continue
		}
		if a := s.ask(op.method, path, goodBodies[op.id], mine); a.status == http.StatusForbidden {
			t.Errorf("%s of its own: %d %s", op.id, a.status, a.body)
		}
	}
	for _, path := range []string{"/api/syncs", "/api/feeds"} {
		if a := s.ask("GET", path, "", other); bytes.Contains(a.body, []byte(`"sync":"carts"`)) || bytes.Contains(a.body, []byte(`"feed":"carts"`)) {
			t.Errorf("%s shows %s", path, a.body)
		}
		if a := s.ask("GET", path, "", mine); !bytes.Contains(a.body, []byte(`"carts"`)) {
			t.Errorf("%s shows %s", path, a.body)
		}
	}
	for _, path := range []string{"/api/syncs/nobody", "/api/feeds/nobody", "/api/runs/run_nobody"} {
		if a := s.ask("GET", path, "", other); code(a) != "auth.scope" {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
}

// TestTokensThatAreNoneAreRefused: forged, cut, revoked, expired: each is refused in the same way, and from the next request on.
// Guarantee G45.
func TestTokensThatAreNoneAreRefused(t *testing.T) {
	s := newShop(t)
	good := s.made(`{"name":"good","role":"viewer"}`)
	if a := s.ask("GET", "/api/me", "", shown(good.Secret)); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
	flipped := []byte(good.Secret)
	flipped[20] ^= 1
	for _, token := range []string{string(flipped), good.Secret[:len(good.Secret)-1], good.Secret + "0", good.ID, "freshet_token_", "freshet_token_00000000",
		strings.ToUpper(good.Secret), good.Secret[:len(good.Secret)-8]} {
		s.refused(token)
	}
	s.ask("POST", "/api/tokens/good/revoke", `{"why":"a test"}`, s.token())
	s.refused(good.Secret)
	again := s.made(`{"name":"good","role":"viewer","days":1}`) // the name is free again
	s.expire(again.ID)
	s.refused(again.Secret)
}

func (s *shop) refused(token string) {
	s.t.Helper()
	a := s.ask("GET", "/api/me", "", shown(token))
	if a.status != http.StatusUnauthorized || a.header.Get("WWW-Authenticate") == "" || code(a) != "auth.token" ||
		a.header.Get("Content-Type") != "application/problem+json" || bytes.Contains(a.body, []byte(token)) && len(token) > 20 {
		s.t.Errorf("shown %.18s…: %d %s", token, a.status, a.body)
	}
}

// TestATokenIsShownOnce: it stands in the answer that makes it, and nowhere else: not in lists, the audit log, the answers that are kept,
// nor any file of the data directory. Guarantee G45.
func TestATokenIsShownOnce(t *testing.T) {
	s := newShop(t)
	headers := s.token()
	headers["Idempotency-Key"] = "k1"
	a := s.ask("POST", "/api/tokens", `{"name":"ci","role":"engineer","why":"instead of freshet_token_abcdefghijkl, ask ann@example.com"}`, headers)
	var made wire.MadeToken
	if err := json.Unmarshal(a.body, &made); err != nil || !strings.HasPrefix(made.Secret, "freshet_token_") {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if a = s.ask("POST", "/api/tokens", `{"name":"ci","role":"engineer"}`, headers); a.status != http.StatusConflict {
		t.Errorf("the same again: %d %s", a.status, a.body)
	}
	s.ask("POST", "/api/syncs/carts/runs?wait_seconds=30", fmt.Sprintf(`{"why":"%s"}`, made.Secret), shown(made.Secret))
	s.ask("GET", "/api/"+made.Secret, "", shown(made.Secret))
	for _, path := range []string{"/api/tokens", "/api/acts", "/api/me", "/api/audit"} {
		if a := s.ask("GET", path, "", s.token()); bytes.Contains(a.body, []byte(made.Secret)) || bytes.Contains(a.body, []byte("abcdefghijkl")) ||
			bytes.Contains(a.body, []byte("ann@example.com")) {
			t.Errorf("%s shows %s", path, a.body)
		}
	}
	_ = filepath.WalkDir(filepath.Join(s.dir, ".freshet"), func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			if text, err := os.ReadFile(path); err == nil && bytes.Contains(text, []byte(made.Secret)) {
				t.Errorf("%s holds the token", path)
			}
		}
		return nil
	})
	var list wire.TokenList
	_ = json.Unmarshal(s.ask("GET", "/api/tokens", "", s.token()).body, &list)
	if len(list.Tokens) != 1 || list.Tokens[0].Used == "" || list.Tokens[0].ID != made.ID {
		t.Errorf("listed is %+v", list)
	}
	acts := s.actsOf("&did=run.start")
	if len(acts) != 1 || acts[0].Via != made.ID || acts[0].Ended == "" {
		t.Errorf("the run with it is kept as %+v", acts)
	}
}

// TestOnePersonsTokensAreApart: what was answered to one token is not told to another of the same person under the same key.
func TestOnePersonsTokensAreApart(t *testing.T) {
	s := newShop(t)
	keyed := func(h map[string]string) map[string]string { h["Idempotency-Key"] = "k1"; return h }
	first := s.ask("POST", "/api/syncs/carts/runs?wait_seconds=30", `{}`, keyed(s.token()))
	viewer := s.ask("POST", "/api/syncs/carts/runs?wait_seconds=30", `{}`, keyed(shown(s.made(`{"name":"v","role":"viewer"}`).Secret)))
	if first.status != http.StatusOK || code(viewer) != "auth.role" {
		t.Errorf("%d, then %d %s", first.status, viewer.status, viewer.body)
	}
}

// TestMeSaysWhatIMay: and it is what the table says.
func TestMeSaysWhatIMay(t *testing.T) {
	s := newShop(t)
	var me wire.Me
	_ = json.Unmarshal(s.ask("GET", "/api/me", "", shown(s.made(`{"name":"m","role":"marketer","person":"mia","days":3}`).Secret)).body, &me)
	if me.Name != "mia" || me.Role != "marketer" || !slices.Contains(me.May, "start-run") || slices.Contains(me.May, "pause-feed") {
		t.Errorf("%+v", me)
	}
	if until, err := time.Parse(time.RFC3339, me.Expires); err != nil || time.Until(until) > 73*time.Hour || time.Until(until) < 71*time.Hour {
		t.Errorf("it is good until %s", me.Expires)
	}
}

// TestAnotherTokenOfOnePersonIsNoSecondPerson: over the API too a plan that a guard holds is not approved by who asked for it, with
// whatever token, and in neither of the two ways to ask. Guarantee G47.
func TestAnotherTokenOfOnePersonIsNoSecondPerson(t *testing.T) {
	s := newShop(t)
	ann := shown(s.made(`{"name":"ann-1","role":"marketer","person":"ann"}`).Secret)
	other := shown(s.made(`{"name":"ann-2","role":"admin","person":"ann"}`).Secret)
	bea := shown(s.made(`{"name":"bea","role":"steward","person":"bea"}`).Secret)
	var asked wire.Run
	a := s.ask("POST", "/api/syncs/others/runs?wait_seconds=30", `{"why":"x"}`, ann)
	if err := json.Unmarshal(a.body, &asked); err != nil || asked.Report == nil || asked.Report.Status != "held" {
		t.Fatalf("%d %s", a.status, a.body)
	}
	for _, headers := range []map[string]string{ann, other} {
		for path, body := range map[string]string{"runs": `{"approve":"%s"}`, "approve": `{"plan":"%s"}`} {
			a := s.ask("POST", "/api/syncs/others/"+path, fmt.Sprintf(body, asked.Report.Plan), headers)
			if a.status != http.StatusForbidden || code(a) != "approval.own" {
				t.Errorf("%s by ann: %d %s", path, a.status, a.body)
			}
		}
	}
	if a = s.ask("POST", "/api/syncs/others/approve?wait_seconds=30", fmt.Sprintf(`{"plan":"%s"}`, asked.Report.Plan), bea); a.status != http.StatusOK ||
		!bytes.Contains(a.body, []byte(`"status":"ok"`)) {
		t.Errorf("by bea: %d %s", a.status, a.body)
	}
}
