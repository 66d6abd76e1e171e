package main

import (
	"os"
	"path/filepath"

	"github.com/rogpeppe/go-internal/testscript"
)

// realData finds the folder with jaffle_shop and olist: FRESHET_DATA, or shared/data beside the repository.
func realData() (string, bool) {
	for _, dir := range []string{os.Getenv("FRESHET_DATA"), "../../../../shared/data", "../../../../../shared/data"} {
		if _, err := os.Stat(filepath.Join(dir, "olist")); dir != "" && err == nil {
			return dir, true
		}
	}
	return "", false
}

// bring copies the real data into the script's own folder data, where it may be spoilt.
func bring(ts *testscript.TestScript, _ bool, _ []string) {
	dir, ok := realData()
	if !ok {
		ts.Fatalf("there is no real data here")
	}
	ts.Check(os.CopyFS(ts.MkAbs("data"), os.DirFS(dir)))
}
