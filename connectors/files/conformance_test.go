package files

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/connect/sourcetest"
)

// settingsOver writes one file and gives a source whose table t is that file.
func settingsOver(file, text string, table map[string]any) func(*testing.T) connect.Settings {
	return func(t *testing.T) connect.Settings {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		entry := map[string]any{"path": file}
		for key, value := range table {
			entry[key] = value
		}
		return connect.Settings{Name: "lake", Values: map[string]string{"root": dir}, Maps: map[string]map[string]any{"tables": {"t": entry}}}
	}
}

func TestConformance(t *testing.T) {
	const text = "id,name\n1,Ada\n2\n3,\"Grace\n4,Hedy\n5,caf\xe9\n"
	broken := []sourcetest.Broken{
		{Name: "two columns of one name", Settings: settingsOver("a.csv", "id,id\n1,Ada\n", nil), Code: "files.column_twice", Names: []string{"a.csv:1"}, Hides: []string{"Ada"}},
		{Name: "an empty file", Settings: settingsOver("a.csv", "", nil), Code: "files.empty", Names: []string{"a.csv"}},
		{Name: "a missing file", Settings: settingsOver("a.csv", text, map[string]any{"path": "aa.csv"}), Code: "files.no_match", Names: []string{"aa.csv", "a.csv"}},
		{Name: "a broken array", Settings: settingsOver("a.json", "[{\"id\": 1, \"name\": \"Ada\"},\n{]", nil), Code: "files.bad_array", Names: []string{"a.json:2"}, Hides: []string{"Ada"}},
		{Name: "a damaged Parquet file", Settings: settingsOver("a.parquet", "Ada", nil), Code: "files.bad_parquet", Names: []string{"a.parquet"}, Hides: []string{"Ada"}},
		{Name: "a type that is none", Settings: settingsOver("a.csv", text, map[string]any{"types": map[string]any{"id": "BIGNIT"}}), Code: "files.unknown_type", Names: []string{"BIGINT"}},
	}
	t.Run("csv", func(t *testing.T) {
		sourcetest.Run(t, sourcetest.Suite{Driver: Driver(), Settings: settingsOver("a.csv", text, nil), Table: "t", Key: "id", Rows: 2, Problems: 3, Broken: broken})
	})
	t.Run("json", func(t *testing.T) {
		lines := "{\"id\": 1, \"name\": \"Ada\"}\n{\"id\":\n{\"id\": 2}\n"
		sourcetest.Run(t, sourcetest.Suite{Driver: Driver(), Settings: settingsOver("a.jsonl", lines, nil), Table: "t", Key: "id", Rows: 2, Problems: 1})
	})
}
