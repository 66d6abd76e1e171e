package main

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// The canaries stand in every script's data: the secret may never be printed, and what is in rows only where somebody
// asks to see rows.
const (
	canarySecret = "canary-secret-5521"
	canaryEmail  = "canary.person@private.example"
	canaryName   = "Canary-Surname"
)

// quietOutput fails where the last command printed a canary.
func quietOutput(ts *testscript.TestScript, args []string, failed bool) {
	stdout, stderr := ts.ReadFile("stdout"), ts.ReadFile("stderr")
	if strings.Contains(stdout+stderr, canarySecret) {
		ts.Fatalf("the secret is printed by %v:\n%s%s", args, stdout, stderr)
	}
	shows := !failed && (slices.Contains(args, "plan") || slices.Contains(args, "trace"))
	if shows {
		stdout = ""
	}
	for _, canary := range []string{canaryEmail, "canary.person", canaryName} {
		if strings.Contains(stdout+stderr, canary) {
			ts.Fatalf("%q of a row is printed by %v:\n%s%s", canary, args, stdout, stderr)
		}
	}
}

// markKey finds what mark saw.
type markKey struct{}

type marked struct {
	files  map[string]string // path -> what is in it
	places string
}

// mark remembers every file of the script and everything the receivers have got.
func mark(ts *testscript.TestScript, _ bool, _ []string) {
	*ts.Value(markKey{}).(*marked) = look(ts)
}

// same says that nothing has changed since mark: same. The files named, and those in folders named, may differ, as a
// ledger does where a command looks into it: same .freshet.
func same(ts *testscript.TestScript, _ bool, args []string) {
	before, now := ts.Value(markKey{}).(*marked), look(ts)
	if before.places != now.places {
		ts.Fatalf("something was sent:\n%s%s", before.places, now.places)
	}
	for path := range before.files {
		now.files[path] += "" // a file that is gone differs too
	}
	for path, text := range now.files {
		mayDiffer := func(name string) bool { return path == name || strings.HasPrefix(path, name+"/") }
		if before.files[path] != text && !slices.ContainsFunc(args, mayDiffer) {
			ts.Fatalf("%s was changed, made or taken away", path)
		}
	}
}

func look(ts *testscript.TestScript) marked {
	m := marked{files: map[string]string{}, places: placesOf(ts).state()}
	root := ts.MkAbs(".")
	ts.Check(filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && path == root {
			return err
		}
		name, _ := filepath.Rel(root, path)
		if d.IsDir() {
			m.files[name+"/"] = "folder"
			return nil
		}
		text, err := os.ReadFile(path)
		m.files[name] = fmt.Sprintf("%x", sha256.Sum256(text))
		return err
	}))
	return m
}
