package lab

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/twmb/franz-go/pkg/kgo"
)

// startKafka makes the storage of a cluster of one node, which is broker and controller, and starts it.
func (l *Lab) startKafka(ctx context.Context) error {
	port, control := freePort(), freePort()
	l.Brokers = []string{fmt.Sprintf("127.0.0.1:%d", port)}
	settings := l.path("kafka.properties")
	err := writeProperties(settings, map[string]string{
		"process.roles":                            "broker,controller",
		"node.id":                                  "1",
		"controller.quorum.voters":                 fmt.Sprintf("1@127.0.0.1:%d", control),
		"controller.listener.names":                "CONTROLLER",
		"listeners":                                fmt.Sprintf("PLAINTEXT://127.0.0.1:%d,CONTROLLER://127.0.0.1:%d", port, control),
		"log.dirs":                                 l.path("kafka"),
		"auto.create.topics.enable":                "false", // a topic that a test deleted stays deleted
		"broker.session.timeout.ms":                "2000",  // a broker that was killed comes back only when it is thought dead
		"broker.heartbeat.interval.ms":             "500",
		"group.min.session.timeout.ms":             "1000",
		"group.initial.rebalance.delay.ms":         "0",
		"offsets.topic.num.partitions":             "1",
		"offsets.topic.replication.factor":         "1",
		"transaction.state.log.num.partitions":     "1",
		"transaction.state.log.replication.factor": "1",
		"transaction.state.log.min.isr":            "1",
	})
	if err != nil {
		return err
	}
	format := l.javaCommand("kafka.tools.StorageTool", "format", "--cluster-id", "freshetlabfreshetlab-A", "--config", settings)
	if out, err := format.CombinedOutput(); err != nil {
		return fmt.Errorf("making the broker's storage: %w\n%s", err, out)
	}
	l.Kafka = &Service{
		name:    "kafka",
		log:     l.path("kafka.log"),
		polite:  syscall.SIGTERM,
		harsh:   os.Kill,
		command: func() *exec.Cmd { return l.javaCommand("kafka.Kafka", settings) },
		ready:   l.pingKafka,
	}
	l.closing(l.Kafka)
	return l.Kafka.start(ctx)
}

func (l *Lab) pingKafka(ctx context.Context) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(l.Brokers...))
	if err != nil {
		return err
	}
	defer client.Close()
	return client.Ping(ctx)
}

// logging keeps warnings, and what a person looking for the cause of a failure wants to know.
const logging = `status = ERROR
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{HH:mm:ss.SSS} %p %c{1}: %m%n
rootLogger.level = WARN
rootLogger.appenderRef.console.ref = console
logger.debezium.name = io.debezium
logger.debezium.level = INFO
`

// javaCommand runs a class of Kafka's in a small virtual machine that starts fast.
func (l *Lab) javaCommand(class string, args ...string) *exec.Cmd {
	options := []string{"-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData",
		"-Dlog4j2.configurationFile=" + l.path("log4j2.properties"), "-cp", filepath.Join(l.tools.jars, "kafka", "*"), class}
	cmd := exec.Command(l.tools.java, append(options, args...)...)
	cmd.Dir = l.dir
	cmd.SysProcAttr = attributes(0, 0)
	return cmd
}

func writeProperties(name string, settings map[string]string) error {
	var text strings.Builder
	for key, value := range settings {
		fmt.Fprintf(&text, "%s=%s\n", key, value)
	}
	return os.WriteFile(name, []byte(text.String()), 0o600)
}

// freePort is a port nobody listens on now; 0, on which nothing comes up, where there is none.
func freePort() int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
