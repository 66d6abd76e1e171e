package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"
)

// mounts says whether a small disk can be mounted, which needs root.
func mounts() (bool, error) {
	dir, err := os.MkdirTemp("", "mounts")
	if err != nil {
		return false, err
	}
	defer os.Remove(dir)
	if syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m") != nil {
		return false, nil
	}
	return true, syscall.Unmount(dir, syscall.MNT_DETACH)
}

// disk makes a folder a disk of its own: disk .freshet size=16m, or disk .freshet ro for one that cannot be written.
func disk(ts *testscript.TestScript, _ bool, args []string) {
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o700))
	flags, options := uintptr(0), args[1]
	if options == "ro" {
		flags, options = syscall.MS_RDONLY, ""
	}
	ts.Check(syscall.Mount("tmpfs", dir, "tmpfs", flags, options))
	ts.Defer(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
}

// fill leaves no room in a folder. It gives up quietly: the script sees whether it has worked.
func fill(dir string) {
	f, err := os.Create(filepath.Join(dir, "filler"))
	if err != nil {
		return
	}
	defer f.Close()
	for _, size := range []int{1 << 20, 1 << 12, 1} {
		block := []byte(strings.Repeat("x", size))
		for {
			if _, err := f.Write(block); err != nil {
				break
			}
		}
	}
}
