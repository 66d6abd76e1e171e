package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/freshet/freshet/server/demo"
	"github.com/freshet/freshet/sync/fault"
)

// program is this command line, built for the scripts.
func program(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("freshet")
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// TestDemo tells the story as a newcomer sees it, with a smaller shop.
func TestDemo(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "shop")
	out, err := exec.Command(program(t), "demo", "--customers", "2000", "--changes", "0.1", "--keep", dir).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	text := string(out)
	for _, line := range []string{"Killed with SIGKILL", "stopped in the middle", "repeated under the same name", "1 bulk job",
		"Nothing is lost, nothing is doubled, nothing differs.", "every record arrived, once.", "Try next:"} {
		if !strings.Contains(text, line) {
			t.Errorf("it does not say %q", line)
		}
	}
	if told := regexp.MustCompile(`half were confirmed within [1-9]\d* ms of their commit, 99 % within [1-9]\d* ms`); !told.MatchString(text) {
		t.Error("it does not say how long a change takes from its commit to its confirmation")
	}
	if strings.ContainsAny(text, "\x1b\r") {
		t.Error("colours or progress in a pipe")
	}
	holdsNoSecret(t, filepath.Join(dir, demo.EnvFile), text)
	if t.Failed() {
		t.Log(text)
	}
}

// holdsNoSecret: the secrets are in their file, for its owner alone, and not on the screen.
func holdsNoSecret(t *testing.T, file, text string) {
	t.Helper()
	env, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if info, _ := os.Stat(file); info.Mode().Perm() != 0o600 {
		t.Errorf("the secrets' file has the rights %o", info.Mode().Perm())
	}
	lines := strings.Split(strings.TrimSpace(string(env)), "\n")
	if len(lines) != 3 {
		t.Errorf("%d secrets in the file, want 3", len(lines))
	}
	for _, line := range lines {
		name, secret, _ := strings.Cut(line, "=")
		if len(secret) < 16 || strings.Contains(text, secret) {
			t.Errorf("%s is on the screen, or no secret", name)
		}
	}
}

// TestDemoJSON: one value, and a temporary folder that is gone afterwards.
func TestDemoJSON(t *testing.T) {
	cmd := exec.Command(program(t), "demo", "--json", "--customers", "2000", "--changes", "0.1")
	temp := t.TempDir()
	cmd.Env = append(os.Environ(), "TMPDIR="+temp)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var r demo.Result
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	if r.Status != "ok" || r.Repeated < 1 || r.Resumed == nil || len(r.Proof) != 3 {
		t.Errorf("got %s", out)
	}
	if l := r.Streamed; l == nil || l.Abandoned == 0 || l.P50 <= 0 || l.P99 < l.P50 {
		t.Errorf("of the stream it says %+v", l)
	}
	if left, _ := filepath.Glob(filepath.Join(temp, "*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestDemoSeesTampering breaks one record of each receiver after the story and sees the proof fail.
func TestDemoSeesTampering(t *testing.T) {
	freshet := program(t)
	var out bytes.Buffer
	s, err := demo.Begin(demo.Options{Out: &out, Dir: t.TempDir(), Customers: 2000, Changes: 0.1, Program: "freshet",
		Command: func(ctx context.Context, args ...string) *exec.Cmd { return exec.CommandContext(ctx, freshet, args...) }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Tell(t.Context()); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	r := s.Receivers()
	for _, record := range r.Webhook.Records("customers") {
		record.Fields["money.ltv"] += "0"
		break
	}
	fails(t, s, "webhook customers: record ", ": its money.ltv is not what the warehouse says")
	contact := r.HubSpot.Records("contacts")[0]
	r.HubSpot.Put("contacts", contact.Properties)
	fails(t, s, "HubSpot contacts: record "+contact.Properties["customer_id"]+" is there twice")
	r.Salesforce.Put("Contact", map[string]string{"External_Id__c": "stranger", "LastName": "Stranger"})
	fails(t, s, "Salesforce Contact: record stranger should not be there")
}

func fails(t *testing.T, s *demo.Story, says ...string) {
	t.Helper()
	err := s.Prove(t.Context())
	if !fault.Is(err, "demo.proof") {
		t.Fatalf("got %v, want demo.proof", err)
	}
	for _, words := range says {
		if !strings.Contains(err.Error(), words) {
			t.Errorf("%q is not in: %v", words, err)
		}
	}
	a := &app{out: new(bytes.Buffer), err: new(bytes.Buffer), getenv: os.LookupEnv}
	if code := a.fail(err); code != fault.ExitFailed {
		t.Errorf("exit %d, want %d", code, fault.ExitFailed)
	}
}

// TestDemoFolder: a folder with something in it is left alone.
func TestDemoFolder(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "mine"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(program(t), "demo", "--keep", dir).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "is not empty") {
		t.Errorf("got %v: %s", err, out)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("the folder was touched: %v", left)
	}
}
