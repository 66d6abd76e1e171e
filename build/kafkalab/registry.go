package lab

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
)

// StartRegistry brings up a schema registry beside what runs already, and says where it speaks Confluent's protocol.
func (l *Lab) StartRegistry(t *testing.T) (url string) {
	t.Helper()
	port := freePort()
	l.registry = fmt.Sprintf("http://127.0.0.1:%d", port)
	url = l.registry + "/apis/ccompat/v7"
	s := &Service{
		name:    "registry",
		log:     l.path("registry.log"),
		polite:  syscall.SIGTERM,
		harsh:   os.Kill,
		command: func() *exec.Cmd { return l.registryCommand(port) },
		ready: func(ctx context.Context) error {
			_, err := get(ctx, url+"/subjects")
			return err
		},
	}
	t.Cleanup(s.kill)
	s.Start(t)
	return url
}

func (l *Lab) registryCommand(port int) *exec.Cmd {
	programs, _ := filepath.Glob(filepath.Join(l.tools.jars, "registry", "*-runner.jar"))
	cmd := exec.Command(l.tools.java, "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData",
		"-Dquarkus.http.host=127.0.0.1", "-Dquarkus.http.port="+strconv.Itoa(port), "-jar")
	cmd.Args = append(cmd.Args, programs...)
	cmd.Dir = l.dir
	cmd.SysProcAttr = attributes(0, 0)
	return cmd
}

// AvroConverters are the settings of a connector that writes keys and values as Avro, each with Confluent's header of
// five bytes: zero, and the number of its schema in the registry.
func (l *Lab) AvroConverters() map[string]string {
	settings := map[string]string{}
	for _, part := range []string{"key.converter", "value.converter"} {
		settings[part] = "io.apicurio.registry.utils.converter.AvroConverter"
		settings[part+".apicurio.registry.url"] = l.registry + "/apis/registry/v2"
		settings[part+".apicurio.registry.auto-register"] = "true"
		settings[part+".apicurio.registry.headers.enabled"] = "false"
		settings[part+".apicurio.registry.as-confluent"] = "true"
		settings[part+".apicurio.registry.use-id"] = "contentId"
	}
	return settings
}

func get(ctx context.Context, url string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer reply.Body.Close()
	text, err := io.ReadAll(reply.Body)
	if err == nil && reply.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answered %s: %s", url, reply.Status, text)
	}
	return text, err
}
