package main

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/freshet/freshet/connectors"
	"github.com/freshet/freshet/server/config"
	"github.com/freshet/freshet/sync/fault"
	"github.com/spf13/cobra"
)

//go:embed template
var template embed.FS

// newFile is one file that init writes.
type newFile struct {
	name string // with slashes, relative to the workspace
	text []byte
	keep bool // where it is there already, it may stay as it is
}

// written is the JSON of init.
type written struct {
	Folder string   `json:"folder"`
	Files  []string `json:"files"`
	Kept   []string `json:"kept,omitempty"`
}

func (a *app) initCommand() *cobra.Command {
	return &cobra.Command{
		Use: "init [DIR]", Short: "Write a new workspace with an example to start from", Args: cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, args []string) error {
			dir := a.workspace
			switch {
			case len(args) > 1:
				return usage("cli.arguments", "init takes one folder at most", "write freshet init [DIR]")
			case len(args) == 1 && dir != ".":
				return usage("cli.arguments", "the folder is named twice, as an argument and with -w", "leave one of the two out")
			case len(args) == 1:
				dir = args[0]
			}
			return a.initialize(dir)
		},
	}
}

func (a *app) initialize(dir string) error {
	root, err := filepath.Abs(dir)
	if err != nil {
		return unwritable(dir, err)
	}
	files, err := newFiles(filepath.Base(root))
	if err != nil {
		return err
	}
	if err := free(dir, files); err != nil {
		return err
	}
	w := written{Folder: root}
	for _, f := range files {
		switch err := write(filepath.Join(root, filepath.FromSlash(f.name)), f.text); {
		case errors.Is(err, fs.ErrExist):
			w.Kept = append(w.Kept, f.name)
		case err != nil:
			return unwritable(filepath.Join(dir, f.name), err)
		default:
			w.Files = append(w.Files, f.name)
		}
	}
	if a.json {
		return a.printJSON(w)
	}
	a.showWritten(dir, w)
	return nil
}

// newFiles are the files of a new workspace of this name.
func newFiles(name string) ([]newFile, error) {
	text, err := template.ReadFile("template/freshet.yaml")
	if err != nil {
		return nil, err
	}
	rows, err := template.ReadFile("template/example/customers.csv")
	if err != nil {
		return nil, err
	}
	return []newFile{
		{name: "freshet.yaml", text: []byte(strings.Replace(string(text), "{{name}}", yamlText(name), 1))},
		{name: config.SchemaFile, text: config.Schema(connectors.All())},
		{name: "example/customers.csv", text: rows},
		{name: ".gitignore", text: []byte(".freshet/\n"), keep: true},
	}, nil
}

var plainText = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`)

// yamlText writes a text as YAML, which reads any JSON string.
func yamlText(s string) string {
	if plainText.MatchString(s) && s != "null" && s != "true" && s != "false" {
		return s
	}
	quoted, err := json.Marshal(strings.ReplaceAll(s, "${", "$${"))
	if err != nil {
		return `"shop"`
	}
	return string(quoted)
}

// free says whether every file can be written without touching one that is there.
func free(dir string, files []newFile) error {
	for _, f := range files {
		_, err := os.Lstat(filepath.Join(dir, filepath.FromSlash(f.name)))
		if err == nil && !f.keep {
			return usage("cli.exists", "there is a "+f.name+" already, and nothing was changed", "name another folder: freshet init DIR").At(dir)
		}
	}
	return nil
}

// write makes a new file and its folder; it never replaces one.
func write(path string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}

func unwritable(path string, err error) error {
	return fault.New(fault.Usage, "cli.unwritable", "the workspace cannot be written").At(path).
		Do("check the folder's rights and the space left on its disk").Because(err)
}

func (a *app) showWritten(dir string, w written) {
	fmt.Fprintf(a.out, "A new workspace is in %s:\n", w.Folder)
	for _, name := range w.Files {
		fmt.Fprintf(a.out, "  %s\n", name)
	}
	for _, name := range w.Kept {
		fmt.Fprintf(a.out, "  %s  (was there, left alone)\n", name)
	}
	a.workspace = dir
	fmt.Fprintf(a.out, "→ %s\n→ %s\n", a.do("validate"), a.do("plan", "customers_to_hook"))
}
