package main

import (
	"errors"
	"fmt"
	"slices"

	"github.com/freshet/freshet/server/config"
	"github.com/freshet/freshet/sync/fault"
)

// told is a fault as programs read it.
type told struct {
	Code       string `json:"code"`
	Message    string `json:"message"`
	Where      string `json:"where,omitempty"`
	Suggestion string `json:"suggestion,omitempty"`
	Cause      string `json:"cause,omitempty"` // with --verbose
}

// failure is what --json prints instead of a result. Error is the first of Errors.
type failure struct {
	Error  told   `json:"error"`
	Errors []told `json:"errors,omitempty"` // all of them, where there are several
	Report any    `json:"report,omitempty"` // how far a run had come
}

// partial is an error that comes with a result of sorts.
type partial struct {
	err    error
	report any
}

func (p *partial) Error() string { return p.err.Error() }
func (p *partial) Unwrap() error { return p.err }

// fail prints an error and gives the exit code it means: the gravest of several.
func (a *app) fail(err error) int {
	var p *partial
	var report any
	if errors.As(err, &p) {
		report, err = p.report, p.err
	}
	faults := once(config.Faults(err))
	exit := 0
	for _, f := range faults {
		exit = max(exit, f.Kind.Exit())
	}
	if a.json {
		a.printJSON(a.failure(faults, report))
		return exit
	}
	for i, f := range faults {
		if i > 0 {
			fmt.Fprintln(a.err)
		}
		a.tell("error", f)
	}
	return exit
}

// once leaves out what was told already: several calls may meet one full disk.
func once(faults []*fault.Fault) []*fault.Fault {
	var told []*fault.Fault
	for _, f := range faults {
		same := func(g *fault.Fault) bool { return g.Code == f.Code && g.Where == f.Where && g.Message == f.Message }
		if !slices.ContainsFunc(told, same) {
			told = append(told, f)
		}
	}
	return told
}

func (a *app) failure(faults []*fault.Fault, report any) failure {
	all := make([]told, len(faults))
	for i, f := range faults {
		all[i] = a.told(f)
	}
	out := failure{Error: all[0], Report: report}
	if len(all) > 1 {
		out.Errors = all
	}
	return out
}

func (a *app) told(f *fault.Fault) told {
	t := told{Code: f.Code, Message: f.Message, Where: f.Where, Suggestion: f.Suggestion}
	if a.verbose && f.Err != nil {
		t.Cause = f.Err.Error()
	}
	return t
}

// tell prints a fault for people on standard error: what, where, and what to do.
func (a *app) tell(level string, f *fault.Fault) {
	paint := a.painter(a.errTerminal)
	color := red
	if level == "warning" {
		color = yellow
	}
	fmt.Fprintf(a.err, "%s %s\n", paint(color, level+":"), clean(f.Message))
	if f.Where != "" {
		fmt.Fprintf(a.err, "  at %s\n", clean(f.Where))
	}
	if f.Suggestion != "" {
		fmt.Fprintf(a.err, "  → %s\n", clean(f.Suggestion))
	}
	if a.verbose {
		fmt.Fprintf(a.err, "  code %s\n", f.Code)
		for err := f.Err; err != nil; err = errors.Unwrap(err) {
			fmt.Fprintf(a.err, "  because %s\n", clean(err.Error()))
		}
	}
}

func (a *app) warn(f *fault.Fault) {
	if a.json {
		return // validate --json lists them
	}
	a.tell("warning", f)
}
