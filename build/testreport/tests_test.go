package main

import (
	"errors"
	"strings"
	"testing"
)

const (
	passing = `{"Action":"output","Package":"m/a","Test":"TestOne","Output":"=== RUN TestOne\n"}
{"Action":"pass","Package":"m/a","Test":"TestOne","Elapsed":0.1}
{"Action":"output","Package":"m/a","Test":"TestRoot","Output":"    a_test.go:5: root may read every file\n"}
{"Action":"output","Package":"m/a","Test":"TestRoot","Output":"    testscript.go:609: WORK=$WORK\n"}
{"Action":"output","Package":"m/a","Test":"TestRoot","Output":"        HOME=/no-home\n"}
{"Action":"output","Package":"m/a","Test":"TestRoot","Output":"--- SKIP: TestRoot (0.00s)\n"}
{"Action":"skip","Package":"m/a","Test":"TestRoot"}
{"Action":"pass","Package":"m/a","Elapsed":1.25}
`
	failing = `{"Action":"output","Package":"m/b","Test":"TestTwo","Output":"    b_test.go:7: got 1, want 2\n"}
{"Action":"fail","Package":"m/b","Test":"TestTwo"}
{"Action":"output","Package":"m/b","Output":"FAIL\n"}
{"Action":"fail","Package":"m/b","Elapsed":0.5}
`
	unbuilt = `{"ImportPath":"m/c","Action":"build-output","Output":"c.go:1: undefined: x\n"}
{"ImportPath":"m/c","Action":"build-fail"}
{"Action":"fail","Package":"m/c","FailedBuild":"m/c"}
`
	stopped = `{"Action":"output","Package":"m/d","Test":"TestSlow","Output":"panic: test timed out after 1m\n"}
{"Action":"fail","Package":"m/d","Elapsed":60}
`
)

func TestReport(t *testing.T) {
	bad := errors.New("exit status 1")
	cases := []struct {
		events string
		err    error
		ok     bool
		says   []string
	}{
		{passing, nil, true, []string{"ok    m/a", "skipped m/a TestRoot: a_test.go:5: root may read every file\n", "\n1 passed, 0 failed, 1 skipped\n"}},
		{passing + failing, bad, false, []string{"got 1, want 2", "FAIL  m/b", "failed  m/b TestTwo", "\n1 passed, 1 failed, 1 skipped\n"}},
		{unbuilt, bad, false, []string{"undefined: x", "\n0 passed, 1 failed, 0 skipped\n"}},
		{stopped, bad, false, []string{"timed out after 1m", "\n0 passed, 1 failed, 0 skipped\n"}},
		{"", bad, false, []string{"exit status 1", "0 passed, 0 failed"}},
		{"not JSON\n", nil, true, []string{"not JSON"}},
	}
	for _, c := range cases {
		var out strings.Builder
		r := newReport(&out)
		r.read(strings.NewReader(c.events))
		if ok := r.end(c.err); ok != c.ok {
			t.Errorf("%q: ok is %t", c.events, ok)
		}
		for _, part := range c.says {
			if !strings.Contains(out.String(), part) {
				t.Errorf("%q is not in the report:\n%s", part, out.String())
			}
		}
	}
}
