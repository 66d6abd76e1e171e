package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"testing"
	"time"
)

// Service is one program of the laboratory.
type Service struct {
	name    string
	command func() *exec.Cmd
	ready   func(context.Context) error
	polite  os.Signal // what asks it to end in good order
	harsh   os.Signal // what ends it on the spot
	log     string    // file

	process *os.Process
	ended   chan struct{} // closed once the process is gone
}

// Restart ends the program in good order and starts it again, on the same port and data.
func (s *Service) Restart(t testing.TB) {
	t.Helper()
	s.Stop(t)
	s.Start(t)
}

// Start starts a program that was stopped or killed, and waits until it serves.
func (s *Service) Start(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := s.start(ctx); err != nil {
		t.Fatal(err)
	}
}

// Stop asks the program to end and waits until it has; one that takes more than half a minute is killed.
func (s *Service) Stop(t testing.TB) {
	t.Helper()
	if err := s.process.Signal(s.polite); err != nil {
		t.Fatalf("stopping %s: %v", s.name, err)
	}
	select {
	case <-s.ended:
	case <-time.After(30 * time.Second):
		t.Logf("%s did not end within 30 seconds and was killed", s.name)
		s.kill()
	}
}

// Kill ends the program as a power cut would, and waits until it is gone.
func (s *Service) Kill(testing.TB) { s.kill() }

func (s *Service) kill() {
	if s.process == nil {
		return
	}
	_ = s.process.Signal(s.harsh) // it may have ended by itself
	select {
	case <-s.ended:
	case <-time.After(10 * time.Second):
		_ = s.process.Kill()
		<-s.ended
	}
}

// start starts the program and waits until it serves.
func (s *Service) start(ctx context.Context) error {
	cmd := s.command()
	log, err := os.OpenFile(s.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	if err := s.run(cmd); err != nil {
		return fmt.Errorf("starting %s: %w", s.name, err)
	}
	return s.await(ctx)
}

// run starts the process. It is to die with this one, which Linux ties to the thread that started it: that thread is
// kept for as long as the process lives.
func (s *Service) run(cmd *exec.Cmd) error {
	started, ended := make(chan error), make(chan struct{})
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
			close(ended)
		}
	}()
	if err := <-started; err != nil {
		return err
	}
	s.process, s.ended = cmd.Process, ended
	return nil
}

func (s *Service) await(ctx context.Context) error {
	var last error
	for {
		try, cancel := context.WithTimeout(ctx, 5*time.Second)
		last = s.ready(try)
		cancel()
		if last == nil {
			return nil
		}
		select {
		case <-s.ended:
			return s.explain(errors.New("it ended"))
		case <-ctx.Done():
			return s.explain(fmt.Errorf("it does not serve: %w", last))
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// explain adds the end of the program's log to an error.
func (s *Service) explain(err error) error {
	text, _ := os.ReadFile(s.log)
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	return fmt.Errorf("starting %s: %w; the end of its log:\n%s", s.name, err, bytes.Join(lines[max(0, len(lines)-25):], []byte("\n")))
}
