package main

import (
	"strings"

	"github.com/spf13/cobra"
)

// sync takes one argument, the name of a sync, and names those there are where it is missing.
func (a *app) sync(more ...string) cobra.PositionalArgs {
	exact := needs(append([]string{"SYNC"}, more...)...)
	return func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return a.whichSync(c)
		}
		return exact(c, args)
	}
}

func (a *app) syncOrAll(all *bool) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if *all {
			if len(args) > 0 {
				return usage("cli.arguments", "--all runs every sync, so no sync is named", "leave out "+args[0]+" or --all")
			}
			return nil
		}
		return a.sync()(c, args)
	}
}

func (a *app) whichSync(c *cobra.Command) error {
	f := usage("cli.arguments", "no sync is named", "write "+c.CommandPath()+" SYNC")
	ws, err := a.load()
	if err != nil || len(ws.Syncs) == 0 {
		return f
	}
	var names []string
	for _, s := range ws.Syncs {
		names = append(names, s.Name)
	}
	return f.Do("the syncs are: " + strings.Join(names, ", "))
}
