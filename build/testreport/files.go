package main

import (
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
)

// goFiles lists the repository's own Go files.
func goFiles(root string) ([]string, error) {
	var files []string
	foreign := []string{".git", ".cache", "node_modules", "bin"}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && slices.Contains(foreign, d.Name()) {
			return filepath.SkipDir
		}
		if !d.IsDir() && strings.HasSuffix(path, ".go") {
			files = append(files, path)
		}
		return nil
	})
	return files, err
}
