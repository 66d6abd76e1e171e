package main

import (
	"fmt"
	"regexp"
	"strconv"
	"text/tabwriter"

	"github.com/freshet/freshet/server/config"
	"github.com/freshet/freshet/server/control"
	"github.com/freshet/freshet/sync/policy"
	"github.com/spf13/cobra"
)

func (a *app) classifyCommand() *cobra.Command {
	var all bool
	c := &cobra.Command{
		Use: "classify [MODEL...]", Short: "What the columns of models seem to be, for a person to confirm", Args: cobra.ArbitraryArgs,
		Long: "What the columns of models seem to be, by their names and by what a sample of their values looks like.\n\n" +
			"It shows the columns that nobody has reviewed and those whose values contradict their class, with the words to write\n" +
			"into the workspace. It changes nothing and shows no value.",
		RunE: func(c *cobra.Command, models []string) error {
			return a.serve(func(_ *config.Workspace, s *control.Service) error {
				found, err := s.Classify(c.Context(), models)
				if err != nil {
					return err
				}
				return a.printOr(found, func() { a.showClassified(found, all) })
			})
		},
	}
	c.Flags().BoolVar(&all, "all", false, "also show the columns that are reviewed")
	return c
}

func (a *app) showClassified(found []control.Classified, all bool) {
	var open []control.Classified
	table := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "column\tclass\tseems to be\twhy")
	for _, c := range found {
		if toReview(c) {
			open = append(open, c)
		}
		if all || toReview(c) {
			fmt.Fprintf(table, "%s.%s\t%s\t%s\t%s\n", clean(c.Model), clean(c.Column), said(c), c.Proposed, c.Why)
		}
	}
	if all || len(open) > 0 {
		_ = table.Flush()
	}
	if len(open) == 0 {
		fmt.Fprintf(a.out, "Every column is reviewed: %s.\n", counted(int64(len(found)), "column", "columns"))
		return
	}
	fmt.Fprintf(a.out, "\n%s to decide on. Look at each, write what people have agreed to for PURPOSE, and put it into the workspace:\n\nmodels:\n",
		counted(int64(len(open)), "column", "columns"))
	model := ""
	for _, c := range open {
		if c.Model != model {
			model = c.Model
			fmt.Fprintf(a.out, "  %s:\n    fields:\n", yamlKey(model))
		}
		fmt.Fprintf(a.out, "      %s: %s\n", yamlKey(c.Column), policy.Words(c.Proposed, c.Purposes))
	}
}

func toReview(c control.Classified) bool { return c.Doubted || !c.Reviewed }

// said is what people have said of a column so far.
func said(c control.Classified) string {
	switch {
	case c.Class == "":
		return "-"
	case c.Reviewed:
		return c.Class
	}
	return c.Class + ", no purposes"
}

var plainKey = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// yamlKey writes a name so that YAML reads it as that name.
func yamlKey(name string) string {
	if plainKey.MatchString(name) {
		return name
	}
	return strconv.Quote(name)
}
