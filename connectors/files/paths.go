package files

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/fault"
)

// find lists the files of a table in name order. A path that names a file is that file, whatever characters it has;
// otherwise it is a pattern.
func (t *table) find(ctx context.Context, db connect.SQL) ([]string, error) {
	info, err := os.Stat(t.pattern)
	switch {
	case err == nil && info.IsDir():
		return nil, t.unreadable("files.is_a_folder", "the path is a folder", fmt.Sprintf("write a pattern such as %q", filepath.ToSlash(filepath.Join(t.written, "*.csv"))))
	case err == nil:
		return []string{t.pattern}, nil
	}
	var found []string
	query := "SELECT file FROM glob(" + literal(filepath.ToSlash(t.pattern)) + ")"
	if err := db.Query(ctx, query, func(row []connect.Cell) error {
		found = append(found, row[0].Text)
		return nil
	}); err != nil {
		return nil, fault.New(fault.Source, "files.bad_pattern", "the pattern cannot be read").At(t.where).Because(err).
			Do("use *, ** and ? as wildcards")
	}
	if len(found) == 0 {
		return nil, t.noMatch()
	}
	slices.Sort(found)
	return found, nil
}

func (t *table) noMatch() error {
	message := fmt.Sprintf("no file matches %q", t.written)
	near := nearestFile(t.pattern)
	if near != "" {
		return t.unreadable("files.no_match", message, fmt.Sprintf("did you mean %q?", near))
	}
	return t.unreadable("files.no_match", message, "check the path; relative paths are taken from the workspace's folder")
}

// nearestFile looks for a name close to the pattern in the deepest folder of it that exists.
func nearestFile(pattern string) string {
	rest := pattern
	for {
		dir, base := filepath.Dir(rest), filepath.Base(rest)
		entries, err := os.ReadDir(dir)
		if err == nil {
			var names []string
			for _, e := range entries {
				names = append(names, e.Name())
			}
			return fault.Nearest(base, names)
		}
		if dir == rest {
			return ""
		}
		rest = dir
	}
}

// formatOf is the declared format, or what the file's ending says.
func (t *table) formatOf(path string) (string, error) {
	if t.format != "" {
		return t.format, nil
	}
	base := strings.TrimSuffix(strings.ToLower(path), ".gz")
	switch filepath.Ext(base) {
	case ".csv", ".tsv", ".txt":
		return "csv", nil
	case ".json", ".jsonl", ".ndjson":
		return "json", nil
	case ".parquet", ".pq":
		return "parquet", nil
	}
	return "", t.unreadable("files.unknown_format", fmt.Sprintf("the ending of %q does not say its format", filepath.Base(path)),
		"add format: csv, json or parquet to the table")
}

func (t *table) unreadable(code, message, suggestion string) *fault.Fault {
	return fault.New(fault.Source, code, message).At(t.where).Do(suggestion)
}
