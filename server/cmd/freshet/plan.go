package main

import (
	"fmt"
	"strings"

	"github.com/freshet/freshet/server/auth"
	"github.com/freshet/freshet/server/config"
	"github.com/freshet/freshet/server/control"
	"github.com/freshet/freshet/sync/plan"
	"github.com/spf13/cobra"
)

func (a *app) planCommand() *cobra.Command {
	var o control.PlanOptions
	var samples bool
	c := &cobra.Command{
		Use: "plan SYNC", Short: "Show exactly what a run would send; send nothing", Args: a.sync(),
		Long: "Show exactly what a run would send, and send nothing.\n\n" +
			"The exit code is 0 whenever there is a plan, also where a guard would hold it: the verdicts are part of the plan.",
		RunE: func(c *cobra.Command, args []string) error {
			if o.Out != "" {
				if err := mayReplace(o.Out); err != nil {
					return err
				}
			}
			return a.serve(func(_ *config.Workspace, s *control.Service) error {
				summary, err := s.Plan(control.WithActor(c.Context(), control.Actor{Name: auth.Owner()}), args[0], o)
				if err != nil {
					return err
				}
				return a.showPlan(summary, o, samples)
			})
		},
	}
	c.Flags().StringVar(&o.Out, "out", "", "write the plan to this file, for run --plan")
	c.Flags().BoolVar(&o.Full, "full", false, "plan to send every row again, whatever was sent before")
	c.Flags().BoolVar(&samples, "samples", false, "show every sample, not the first few")
	return c
}

func (a *app) showPlan(s plan.Summary, o control.PlanOptions, samples bool) error {
	if a.json {
		return a.printJSON(s)
	}
	if err := plan.Render(a.out, s, plan.Options{Color: a.colored(a.outTerminal), Width: a.width, Full: samples, Program: strings.TrimSpace(a.do())}); err != nil {
		return err
	}
	if o.Out == "" {
		return nil
	}
	fmt.Fprintf(a.out, "\nThe plan is in %s.\n", o.Out)
	if !plan.Held(s.Guards) {
		fmt.Fprintf(a.out, "→ %s sends exactly this\n", a.do("run", s.Sync, "--plan", o.Out))
	}
	return nil
}
