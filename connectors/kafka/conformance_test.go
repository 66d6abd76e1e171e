package kafka

import (
	"context"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/freshet/freshet/connectors/kafka/kafkafake"
	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/connect/streamtest"
	"github.com/freshet/freshet/sync/model"
)

// peer is a cluster as the suite drives it.
type peer struct {
	t       *testing.T
	cluster *kafkafake.Cluster
	more    []string
}

func (p peer) Settings() connect.Settings { return settings(p.cluster, p.more...) }

func (p peer) Create(topic string, partitions int) {
	p.t.Helper()
	must(p.t, p.cluster.Create(topic, partitions, nil))
}

func (p peer) Write(events ...model.Event) {
	p.t.Helper()
	records := make([]kafkafake.Record, len(events))
	for i, e := range events {
		records[i] = kafkafake.Record{Topic: e.Topic, Partition: e.Partition, Key: e.Key, Value: e.Value, At: e.At}
		for _, h := range e.Headers {
			records[i].Headers = append(records[i].Headers, kgo.RecordHeader{Key: h.Name, Value: h.Value})
		}
	}
	must(p.t, p.cluster.Write(context.WithoutCancel(p.t.Context()), records...))
}

func (p peer) Expire(topic string, partition int32, before int64) {
	p.t.Helper()
	must(p.t, p.cluster.Expire(topic, partition, before))
}

func (p peer) Recreate(topic string, partitions int) {
	p.t.Helper()
	must(p.t, p.cluster.Recreate(topic, partitions))
}

func TestConformance(t *testing.T) {
	for name, more := range map[string][]string{"classic": nil, "consumer": {"protocol", consumerProtocol}} {
		t.Run(name, func(t *testing.T) {
			streamtest.Run(t, streamtest.Suite{Driver: quick(), Broken: broken(), Start: func(t *testing.T) streamtest.Peer {
				return peer{t, cluster(t, kafkafake.Options{Brokers: 2}, "", 0), more}
			}})
		})
	}
}

// quick is the driver with its looks at the partitions close together.
func quick() connect.Driver {
	d := Driver()
	d.Source = func(ctx context.Context, s connect.Settings) (connect.Source, error) {
		opened, err := open(ctx, s)
		if err == nil {
			opened.(*source).watch = watchOften
		}
		return opened, err
	}
	return d
}

const password = "hunter2-secret"

func broken() []streamtest.Broken {
	user := []string{"auth", scram256, "username", "ada"}
	return []streamtest.Broken{
		{Name: "an address without a port", Code: "kafka.bad_setting", Names: []string{"kafka.example.com", ":9092"}, Settings: at("kafka.example.com")},
		{Name: "nothing there", Code: "stream.unreachable", Names: []string{"127.0.0.1:1"}, Settings: at("127.0.0.1:1")},
		{Name: "a name that is not", Code: "stream.unreachable", Names: []string{"no-such-host.invalid"}, Settings: at("no-such-host.invalid:9092")},
		{Name: "a wrong password", Code: "stream.auth", Names: []string{"password"}, Hides: []string{"wrong-secret"},
			Settings: guarded(nil, append(user, "!password", "wrong-secret")...)},
		{Name: "a password the brokers refuse aloud", Code: "stream.auth", Names: []string{"password"}, Hides: []string{"wrong-secret"},
			Settings: refusing(append(user, "!password", "wrong-secret")...)},
		{Name: "a way to sign in that the brokers do not know", Code: "stream.auth", Names: []string{"auth"}, Hides: []string{password},
			Settings: guarded(nil, "auth", oauthBearer, "!token", password)},
		{Name: "no password where one is wanted", Code: "stream.unreachable", Names: []string{"auth"}, Settings: guarded(nil)},
		{Name: "a topic that may not be read", Code: "stream.forbidden", Names: []string{"READ", "topic"}, Hides: []string{password},
			Settings: guarded([]kfake.ACL{describe(kmsg.ACLResourceTypeTopic), read(kmsg.ACLResourceTypeGroup)}, append(user, "!password", password)...)},
		{Name: "a group that may not be used", Code: "stream.forbidden", Names: []string{"READ", "group"}, Hides: []string{password},
			Settings: guarded([]kfake.ACL{read(kmsg.ACLResourceTypeTopic)}, append(user, "!password", password)...)},
	}
}

func at(broker string) func(*testing.T) connect.Settings {
	return func(*testing.T) connect.Settings {
		return connect.Settings{Name: "stream", Lists: map[string][]string{"brokers": {broker}}, Values: map[string]string{"timeout": "5s"}}
	}
}

func describe(kind kmsg.ACLResourceType) kfake.ACL { return acl(kind, kmsg.ACLOperationDescribe) }
func read(kind kmsg.ACLResourceType) kfake.ACL     { return acl(kind, kmsg.ACLOperationRead) }

func acl(kind kmsg.ACLResourceType, may kmsg.ACLOperation) kfake.ACL {
	return kfake.ACL{Resource: kind, Name: "*", Pattern: kmsg.ACLResourcePatternTypeLiteral, Operation: may, Allow: true}
}

// guarded is a cluster with users and rights: ada has those given.
func guarded(rights []kfake.ACL, more ...string) func(*testing.T) connect.Settings {
	return func(t *testing.T) connect.Settings {
		root := scram.Auth{User: "root", Pass: "root-secret"}.AsSha256Mechanism()
		c := cluster(t, kafkafake.Options{Client: []kgo.Opt{kgo.SASL(root)}, Kafka: []kfake.Opt{kfake.EnableSASL(), kfake.EnableACLs(),
			kfake.Superuser("SCRAM-SHA-256", "root", "root-secret"), kfake.User("SCRAM-SHA-256", "ada", password, rights...)}}, streamtest.Topic, 1)
		return settings(c, more...)
	}
}

// refusing is a cluster that answers a sign-in as Kafka does, and repeats the secret in its words.
func refusing(more ...string) func(*testing.T) connect.Settings {
	return func(t *testing.T) connect.Settings {
		c := cluster(t, kafkafake.Options{Kafka: []kfake.Opt{kfake.EnableSASL()}}, "", 0)
		c.Kafka().ControlKey(kmsg.SASLAuthenticate.Int16(), func(r kmsg.Request) (kmsg.Response, error, bool) {
			c.Kafka().KeepControl()
			answer := r.ResponseKind().(*kmsg.SASLAuthenticateResponse)
			answer.ErrorCode, answer.ErrorMessage = kerr.SaslAuthenticationFailed.Code, kmsg.StringPtr("ada may not come in with wrong-secret")
			return answer, nil, true
		})
		return settings(c, more...)
	}
}
