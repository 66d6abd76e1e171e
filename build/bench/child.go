package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/freshet/freshet/connectors"
	"github.com/freshet/freshet/connectors/webhook/webhookfake"
	"github.com/freshet/freshet/server/config"
	"github.com/freshet/freshet/server/control"
	"github.com/freshet/freshet/sync/ledger"
)

// child is this program in one of its parts: each has a process of its own, so that its memory is its own.
func child(args []string) {
	parts := map[string]func(string) error{"raw": raw, "receiver": receive, "idle": idle}
	if err := parts[args[0]](args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// receiver is a receiver of webhooks in a process of its own.
type receiver struct {
	url string
	cmd *exec.Cmd
	end io.Closer
}

func startReceiver(kind string) (*receiver, error) {
	cmd := exec.Command(os.Args[0], "child", "receiver", kind)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	url, err := bufio.NewReader(out).ReadString('\n')
	return &receiver{url: strings.TrimSpace(url), cmd: cmd, end: in}, err
}

func (r *receiver) stop() {
	_ = r.end.Close()
	_ = r.cmd.Wait()
}

// receive listens until standard input ends.
func receive(kind string) error {
	receiver, err := webhookfake.New(webhookfake.Options{Lean: kind == "lean"})
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/in", receiver)
	mux.HandleFunc("/counts", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "%d %d", receiver.Counts().Calls, receiver.Counts().Rows)
	})
	listen := httptest.NewServer(mux)
	defer listen.Close()
	fmt.Println(listen.URL + "/in")
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

func (r *receiver) counts() (calls, rows int64, err error) {
	reply, err := http.Get(strings.TrimSuffix(r.url, "/in") + "/counts")
	if err != nil {
		return 0, 0, err
	}
	defer reply.Body.Close()
	_, err = fmt.Fscan(reply.Body, &calls, &rows)
	return calls, rows, err
}

func (r *receiver) calls() (int64, error) {
	calls, _, err := r.counts()
	return calls, err
}

func (r *receiver) holds(n int) error {
	_, rows, err := r.counts()
	if err == nil && rows != int64(n) {
		err = fmt.Errorf("the receiver took %d records, not %d", rows, n)
	}
	return err
}

// idle opens a workspace and its ledger as a server at rest would, and prints its resident memory in MB.
func idle(dir string) error {
	ws, err := config.Load(dir, connectors.All(), os.LookupEnv)
	if err != nil {
		return err
	}
	service := control.New(ws, nil)
	defer service.Close()
	l, err := ledger.Open(context.Background(), filepath.Join(dir, ".freshet"), "bench")
	if err != nil {
		return err
	}
	defer l.Close()
	time.Sleep(time.Second)
	mb, err := statusMB(os.Getpid(), "VmRSS:")
	fmt.Println(mb)
	return err
}
