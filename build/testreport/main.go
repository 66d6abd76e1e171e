// Command testreport checks the format of all Go files, vets them and runs `go test -json`, and says what came of it:
// failures in full, one line for each package, every skipped test with its reason, and the counts at the end.
//
// It must not know what is tested.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
)

func main() {
	format := flag.Bool("format", false, "fail where gofmt would change a file")
	vet := flag.Bool("vet", false, "run go vet over all packages")
	flag.Parse()
	ok := true
	if *format {
		ok = checkFormat() && ok
	}
	if *vet {
		ok = checkVet() && ok
	}
	if command := flag.Args(); len(command) > 0 {
		ok = runTests(command) && ok
	}
	if !ok {
		os.Exit(1)
	}
}

func checkFormat() bool {
	files, err := goFiles(".")
	if err != nil {
		fmt.Println("format:", err)
		return false
	}
	out, err := exec.Command("gofmt", append([]string{"-l"}, files...)...).CombinedOutput()
	if err == nil && len(out) == 0 {
		fmt.Printf("format  ok, %d files\n", len(files))
		return true
	}
	fmt.Printf("format  gofmt would change these files; run gofmt -w on them:\n%s", out)
	return false
}

func checkVet() bool {
	out, err := exec.Command("go", "vet", "./...").CombinedOutput()
	if err == nil {
		fmt.Println("vet     ok")
		return true
	}
	fmt.Printf("vet     failed\n%s", out)
	return false
}
