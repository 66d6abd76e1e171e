package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/plan"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// badFlag explains a flag that could not be read, and names the one that was meant.
func badFlag(c *cobra.Command, err error) error {
	help := "see " + c.CommandPath() + " --help"
	var unknown *pflag.NotExistError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown) && unknown.GetSpecifiedName() == "version":
		help = "did you mean freshet version?"
	case errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() != "" && c.Name() == "trace":
		help = "a key that begins with a dash is written after two of them: " + c.CommandPath() + " SYNC -- -" + unknown.GetSpecifiedShortnames()
	case errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() == "":
		var names []string
		c.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		if near := fault.Nearest(unknown.GetSpecifiedName(), names); near != "" {
			help = "did you mean --" + near + "?"
		}
	case errors.As(err, &invalid):
		f := invalid.GetFlag()
		return usage("cli.bad_flag", fmt.Sprintf("--%s cannot be %q", f.Name, invalid.GetValue()), "write "+wanted(f)+": --"+f.Name+" "+f.DefValue)
	}
	return usage("cli.bad_flag", err.Error(), help)
}

func wanted(f *pflag.Flag) string {
	switch f.Value.Type() {
	case "int":
		return "a whole number"
	case "duration":
		return "a span of time"
	default:
		return "a " + f.Value.Type()
	}
}

// filled refuses flags that are given and empty, as they are where a shell's variable is not set: without what it was
// meant to say, a run would do something else.
func filled(c *cobra.Command, names ...string) error {
	for _, name := range names {
		if f := c.Flags().Lookup(name); f != nil && f.Changed && f.Value.String() == "" {
			return usage("cli.bad_flag", "--"+name+" is given and empty", "give it a value, or leave --"+name+" out")
		}
	}
	return nil
}

// mayReplace says whether a plan may be written to a path: to a new file, or in the place of an older plan or an empty
// file, and never over anything else.
func mayReplace(path string) error {
	if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
		return usage("cli.no_folder", "there is no folder "+filepath.Dir(path)+" to write the plan to", "make it first, or name another file with --out").At(path)
	}
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err == nil && info.Mode().IsRegular() && (info.Size() == 0 || isPlan(path)) {
		return nil
	}
	return usage("cli.exists", "there is something else already where the plan was to be written, and nothing was changed",
		"name another file with --out").At(path)
}

func isPlan(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	return plan.Begins(f)
}
