//go:build !linux

package main

import "github.com/rogpeppe/go-internal/testscript"

func mounts() (bool, error) { return false, nil }

func disk(ts *testscript.TestScript, _ bool, _ []string) { ts.Fatalf("no disks are mounted here") }

func fill(string) {}
