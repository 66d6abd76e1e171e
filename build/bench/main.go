// Command bench measures Freshet's speed and size against what the machine can do at all, in one run, and writes the
// figures to docs/PERFORMANCE.md. It must not know anything of Freshet's inside: it drives the program as people do.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "child" {
		child(os.Args[2:])
		return
	}
	rows := flag.String("rows", "1000000,10000000", "sizes of the models to plan, separated by commas")
	only := flag.String("only", "", "measure this part alone and print it: streams, or apart")
	out := flag.String("out", "docs/PERFORMANCE.md", "file to write; - for the terminal alone")
	bin := flag.String("freshet", "bin/freshet", "the program to measure")
	flag.Parse()
	if part := map[string]func(string) (string, error){"streams": streaming, "apart": keptApart}[*only]; part != nil {
		page, err := part(*bin)
		fmt.Print(page)
		if err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
		return
	}
	if err := measure(*bin, *rows, *out); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func measure(bin, rows, out string) error {
	var page strings.Builder
	fmt.Fprintf(&page, header, time.Now().Format("2006-01-02"), runtime.NumCPU(), runtime.GOARCH, processor(), memory())
	for _, text := range strings.Split(rows, ",") {
		var n int
		if _, err := fmt.Sscan(text, &n); err != nil {
			return fmt.Errorf("reading -rows: %w", err)
		}
		line, err := planning(bin, n)
		if err != nil {
			return err
		}
		page.WriteString(line)
	}
	line, err := delivering(bin, 100_000)
	if err != nil {
		return err
	}
	page.WriteString(line)
	if line, err = streaming(bin); err != nil {
		return err
	}
	page.WriteString(line)
	if out == "-" {
		fmt.Print(page.String())
		return nil
	}
	return os.WriteFile(out, []byte(page.String()), 0o644)
}

const header = `# Performance

Measured by ` + "`make bench`" + ` on %s: %d cores, %s, %s, %s of memory. The receiver and the program share the
cores. Seconds differ from machine to machine; the ratios are what to hold the program to. Every figure is one run;
where a ratio is given both sides were run in turn, three times each, and their medians are compared.

`

func processor() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	for _, line := range strings.Split(string(text), "\n") {
		if name, ok := strings.CutPrefix(line, "model name"); ok {
			return strings.TrimSpace(strings.TrimLeft(name, "\t :"))
		}
	}
	return "unknown processor"
}

func memory() string {
	text, _ := os.ReadFile("/proc/meminfo")
	var kb int64
	_, _ = fmt.Sscanf(string(text), "MemTotal: %d kB", &kb)
	return fmt.Sprintf("%d GiB", (kb+1<<19)>>20)
}
