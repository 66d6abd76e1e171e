package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"
)

// How one destination of many is dead.
type death string

const (
	alive    death = ""
	refusing death = "refuses connections"
	hanging  death = "takes calls and never answers"
)

// The load of keptApart: the machine carries it easily, so that what is measured is what syncs do to each other.
const (
	apartSyncs   = 20
	apartRate    = 200
	apartSeconds = 5
	apartRounds  = 3
)

// keptApart measures what one dead destination of many costs the others: rounds with all alive and with one dead, in turn.
func keptApart(bin string) (string, error) {
	figures := map[death][]float64{}
	for i := range apartRounds {
		for _, d := range []death{alive, refusing, hanging} {
			p99, err := apartRound(bin, d)
			if err != nil {
				return "", fmt.Errorf("%d syncs, one of which %s: %w", apartSyncs, d, err)
			}
			note("apart, round %d: %q %.0f ms", i+1, d, p99)
			figures[d] = append(figures[d], p99)
		}
	}
	page := fmt.Sprintf("%d live syncs follow one feed of %d events/s to %d receivers. The p99 of the %d that stay alive, each with every id:\n"+
		"medians of %d rounds, in turn.\n\n| the last receiver | p99 of the others | ratio |\n|---|---|---|\n",
		apartSyncs, apartRate, apartSyncs, apartSyncs-1, apartRounds)
	base := middle(figures[alive])
	page += fmt.Sprintf("| answers | %.0f ms | |\n", base)
	for _, d := range []death{refusing, hanging} {
		page += fmt.Sprintf("| %s | %.0f ms | %.2f |\n", d, middle(figures[d]), middle(figures[d])/base)
	}
	return page + "\n", nil
}

// middle is the median of the figures, which it sorts.
func middle(figures []float64) float64 {
	slices.Sort(figures)
	return figures[len(figures)/2]
}

// apartRound serves all syncs over the load, the last receiver dead in the way said, and gives the p99 of the others.
func apartRound(bin string, d death) (p99 float64, err error) {
	s, err := newStream(0)
	if err != nil {
		return 0, err
	}
	defer s.close()
	hooks, err := s.many()
	defer func() {
		for _, h := range hooks {
			h.close()
		}
	}()
	if err != nil {
		return 0, err
	}
	serve := exec.Command(bin, "-w", s.dir, "serve", "--json")
	serve.Stderr = os.Stderr
	if err := serve.Start(); err != nil {
		return 0, err
	}
	stop := func() { _ = serve.Process.Signal(syscall.SIGTERM); _ = serve.Wait() }
	defer stop()
	if err := s.kafka.Write(context.Background(), s.event(0, time.Now())); err != nil {
		return 0, err
	}
	for _, h := range hooks {
		if err := h.seen.arrived(1); err != nil {
			return 0, err
		}
		h.seen.forget()
	}
	hooks[apartSyncs-1].die(d)
	n, err := scenario{rate: apartRate, seconds: apartSeconds}.write(s)
	if err != nil {
		return 0, err
	}
	var ages []float64
	for _, h := range hooks[:apartSyncs-1] {
		if err := h.holds(n); err != nil {
			return 0, err
		}
		ages = append(ages, h.seen.ages...)
	}
	if err := hooks[apartSyncs-1].revive(); err != nil {
		return 0, err
	}
	slices.Sort(ages)
	return ages[len(ages)*99/100], hooks[apartSyncs-1].holds(n)
}

// many defines a sync for each of the receivers that it starts.
func (s *stream) many() (hooks []*hook, err error) {
	var to, syncs strings.Builder
	for i := range apartSyncs {
		h, err := newHook()
		if err != nil {
			return hooks, err
		}
		hooks = append(hooks, h)
		fmt.Fprintf(&to, "  hook%d: {type: webhook, url: %q, batch_size: 100, concurrency: 8}\n", i, h.url)
		fmt.Fprintf(&syncs, "  people%d: {model: people, destination: hook%d, object: people, tier: realtime, mode: upsert, fields: {t: t, c0: c0, c1: c1}}\n", i, i)
	}
	return hooks, s.define("destinations:\n" + to.String() + "syncs:\n" + syncs.String())
}
