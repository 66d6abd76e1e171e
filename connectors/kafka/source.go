package kafka

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/fault"
)

// source is one cluster with its registry. Questions go through one client that is in no group; every stream has a
// client of its own beside it.
type source struct {
	name     string
	access   access
	group    groupKind
	ask      *kadm.Client
	asking   *kgo.Client
	doors    *doors
	registry *registry     // nil: none
	watch    time.Duration // between two looks at what is read
	patience time.Duration // how long a transaction may keep events back before it is said
	renew    time.Duration // how soon new topics and partitions are found
	stop     context.CancelFunc
	closed   func()
}

// groupKind is how a stream's group is made.
type groupKind struct {
	prefix    string
	protocol  string
	session   time.Duration
	rebalance time.Duration
}

func open(_ context.Context, s connect.Settings) (connect.Source, error) {
	if err := checkBrokers(s.Lists["brokers"]); err != nil {
		return nil, err
	}
	secure, err := tlsConfig(s)
	if err != nil {
		return nil, err
	}
	timeout := orElse(s.Duration("timeout"), defaultTimeout)
	signIn, closed, err := mechanism(s, timeout)
	if err != nil {
		return nil, err
	}
	schemas, err := newRegistry(s, timeout)
	if err != nil {
		closed()
		return nil, err
	}
	out := &source{name: s.Name, registry: schemas, closed: closed, doors: &doors{}, watch: watchEvery, renew: renewEvery, patience: orElse(s.Duration("open_transaction"), defaultOpen),
		access: access{brokers: s.Lists["brokers"], tls: secure, sasl: signIn, timeout: timeout},
		group: groupKind{prefix: s.Text("group_prefix"), protocol: s.Text("protocol"),
			session: orElse(s.Duration("session_timeout"), defaultSession), rebalance: orElse(s.Duration("rebalance_timeout"), defaultRebalance)}}
	if err := out.connect(); err != nil {
		closed()
		return nil, err
	}
	return out, nil
}

// connect makes the client for questions; it connects when the first one is asked.
func (s *source) connect() error {
	ctx, stop := context.WithCancel(context.Background())
	client, err := kgo.NewClient(append(s.access.options(ctx, s.doors), kgo.MetadataMinAge(100*time.Millisecond))...)
	if err != nil {
		stop()
		return badSetting("brokers", "the settings do not make a client: "+err.Error(), "Check the addresses of the brokers.")
	}
	s.asking, s.ask, s.stop = client, kadm.NewClient(client), stop
	return nil
}

// Schemas is the registry, nil where none is set.
func (s *source) Schemas() connect.Schemas {
	if s.registry == nil {
		return nil
	}
	return s.registry
}

// Close lets go of the connections. Streams are closed by who opened them.
func (s *source) Close() error {
	s.stop()
	s.asking.Close()
	s.closed()
	if s.registry != nil {
		s.registry.close()
	}
	return nil
}

// bounded gives a question its time.
func (s *source) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, s.access.timeout)
}

// explain makes a fault of a failed question; the caller's own end stays what it is.
func (s *source) explain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return explain(s.doors.reason(err))
}

// ping asks who is there: every address is tried once, and none again. Its error is the library's.
func (s *source) ping(ctx context.Context) error {
	bounded, cancel := s.bounded(ctx)
	defer cancel()
	if err := s.asking.Ping(bounded); err != nil {
		return s.doors.reason(err)
	}
	return nil
}

// topics finds the feed's topics as they are now. A topic named that is not there is a fault.
func (s *source) topics(ctx context.Context, want *topics) (kadm.TopicDetails, error) {
	bounded, cancel := s.bounded(ctx)
	defer cancel()
	details, err := s.ask.ListTopics(bounded, want.names()...)
	if err != nil {
		return nil, s.explain(ctx, err)
	}
	for name, d := range details {
		switch {
		case !want.match(name):
			delete(details, name)
		case d.Err == kerr.UnknownTopicOrPartition && want.pattern == nil:
			return nil, s.unknownTopic(ctx, name)
		case codeOf(d.Err) == kerr.TopicAuthorizationFailed && want.pattern == nil:
			return nil, explain(d.Err).At(name)
		}
	}
	return details, nil
}

func (s *source) unknownTopic(ctx context.Context, name string) error {
	bounded, cancel := s.bounded(ctx)
	defer cancel()
	remedy := "Check the name; topics are not made by reading them."
	if all, err := s.ask.ListTopics(bounded); err == nil {
		if near := fault.Nearest(name, all.Names()); near != "" {
			remedy = "Did you mean " + near + "? Topics are not made by reading them."
		}
	}
	return problem("unknown_topic", "there is no topic "+name+", or the user may not see it").At("topics").Do(remedy)
}

// topics says which topics a feed reads.
type topics struct {
	listed  []string
	pattern *regexp.Regexp // nil: the topics are listed
}

func topicsOf(o connect.StreamOptions) (*topics, error) {
	if len(o.Topics) == 0 {
		return nil, badSetting("topics", "the feed names no topic", "Name at least one.")
	}
	if !o.Pattern {
		return &topics{listed: slices.Clone(o.Topics)}, nil
	}
	each := make([]string, len(o.Topics))
	for i, p := range o.Topics {
		if _, err := regexp.Compile(p); err != nil {
			return nil, badSetting("topics", "the pattern "+p+" is not a regular expression", `Write it in RE2 syntax, as in shop\..*`)
		}
		each[i] = "(?:" + p + ")"
	}
	return &topics{pattern: regexp.MustCompile(`^(?:` + strings.Join(each, `|`) + `)$`)}, nil
}

// names is nil, which asks for all topics, where the feed has a pattern.
func (t *topics) names() []string { return t.listed }

// match leaves out the broker's own topics, whatever the pattern says.
func (t *topics) match(name string) bool {
	if t.pattern == nil {
		return slices.Contains(t.listed, name)
	}
	return !strings.HasPrefix(name, "__") && t.pattern.MatchString(name)
}

// options are how the library is told.
func (t *topics) options() []kgo.Opt {
	if t.pattern == nil {
		return []kgo.Opt{kgo.ConsumeTopics(t.listed...)}
	}
	return []kgo.Opt{kgo.ConsumeTopics(t.pattern.String()), kgo.ConsumeRegex(), kgo.ConsumeExcludeTopics("^__")}
}
