package main

import (
	"fmt"

	"github.com/freshet/freshet/server/config"
	"github.com/freshet/freshet/server/control"
	"github.com/spf13/cobra"
)

// verdict is the JSON of validate.
type verdict struct {
	OK       bool      `json:"ok"`
	Files    []string  `json:"files"`
	Findings []finding `json:"findings"`
}

type finding struct {
	Level string `json:"level"` // error, warning or ok
	told
}

func (a *app) validateCommand() *cobra.Command {
	var online bool
	c := &cobra.Command{
		Use: "validate", Short: "Check the workspace, every model and every mapping; send nothing", Args: needs(),
		RunE: func(c *cobra.Command, _ []string) error {
			ws, err := a.load()
			if err != nil {
				return err
			}
			return a.serveLoaded(ws, func(ws *config.Workspace, s *control.Service) error {
				found, err := s.Validate(c.Context(), online)
				if err != nil {
					return err
				}
				return a.showFindings(ws, found)
			})
		},
	}
	c.Flags().BoolVar(&online, "online", false, "also ask destinations whether they take our credentials and know our fields")
	return c
}

func (a *app) showFindings(ws *config.Workspace, found []control.Finding) error {
	v := verdict{OK: true, Files: ws.Files, Findings: []finding{}}
	for _, f := range found {
		if f.Level == "error" {
			v.OK = false
			a.exit = max(a.exit, f.Fault.Kind.Exit())
		}
		v.Findings = append(v.Findings, finding{Level: f.Level, told: a.told(f.Fault)})
	}
	if a.json {
		return a.printJSON(v)
	}
	a.listFindings(found)
	if v.OK {
		fmt.Fprintf(a.out, "\nThe workspace is valid: %s, %s, %s.\n", counted(int64(len(ws.Models)), "model", "models"),
			counted(int64(len(ws.Syncs)), "sync", "syncs"), counted(int64(len(ws.Files)), "file", "files"))
		if len(ws.Syncs) > 0 {
			fmt.Fprintf(a.out, "→ %s shows what would be sent\n", a.do("plan", ws.Syncs[0].Name))
		}
	}
	return nil
}

// listFindings prints what is well on standard output and the rest on standard error.
func (a *app) listFindings(found []control.Finding) {
	paint := a.painter(a.outTerminal)
	for _, f := range found {
		if f.Level == "ok" {
			fmt.Fprintf(a.out, "%s %s  %s\n", paint(green, "✓"), clean(f.Fault.Where), clean(f.Fault.Message))
			continue
		}
		a.tell(f.Level, f.Fault)
	}
}
