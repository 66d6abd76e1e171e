package lab

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// startConnect starts a worker of a Connect cluster that has only this one.
func (l *Lab) startConnect(ctx context.Context) error {
	l.ConnectURL = fmt.Sprintf("http://127.0.0.1:%d", freePort())
	settings := l.path("connect.properties")
	err := writeProperties(settings, map[string]string{
		"bootstrap.servers":                 l.Brokers[0],
		"group.id":                          "connect",
		"listeners":                         l.ConnectURL,
		"key.converter":                     "org.apache.kafka.connect.json.JsonConverter",
		"value.converter":                   "org.apache.kafka.connect.json.JsonConverter",
		"config.storage.topic":              "connect-configs",
		"offset.storage.topic":              "connect-offsets",
		"status.storage.topic":              "connect-status",
		"config.storage.replication.factor": "1",
		"offset.storage.replication.factor": "1",
		"status.storage.replication.factor": "1",
		"offset.storage.partitions":         "1",
		"status.storage.partitions":         "1",
		"offset.flush.interval.ms":          "1000",
		"session.timeout.ms":                "3000", // one that was killed is missed for no longer
		"heartbeat.interval.ms":             "1000",
		"scheduled.rebalance.max.delay.ms":  "0",           // a worker that comes back has its connectors at once
		"plugin.discovery":                  "hybrid_warn", // the Avro converter is not listed as a service
		"plugin.path":                       filepath.Join(l.tools.jars, "plugins"),
	})
	if err != nil {
		return err
	}
	l.Connect = &Service{
		name:    "connect",
		log:     l.path("connect.log"),
		polite:  syscall.SIGTERM,
		harsh:   os.Kill,
		command: func() *exec.Cmd { return l.javaCommand("org.apache.kafka.connect.cli.ConnectDistributed", settings) },
		ready:   func(ctx context.Context) error { return l.rest(ctx, http.MethodGet, "/connectors", nil, nil) },
	}
	l.closing(l.Connect)
	return l.Connect.start(ctx)
}

// restError is an answer of the worker that is no success.
type restError struct {
	status int
	text   string
}

func (e *restError) Error() string { return fmt.Sprintf("Connect answered %d: %s", e.status, e.text) }

// rest makes a call to the worker. In and out may be nil.
func (l *Lab) rest(ctx context.Context, method, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, method, l.ConnectURL+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer reply.Body.Close()
	text, err := io.ReadAll(reply.Body)
	switch {
	case err != nil:
		return err
	case reply.StatusCode >= 300:
		return &restError{reply.StatusCode, string(text)}
	case out == nil:
		return nil
	}
	return json.Unmarshal(text, out)
}
