package streamtest

import (
	"strings"
	"testing"
	"time"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
)

// Suite is what the tests need to know of a source.
type Suite struct {
	Driver connect.Driver
	Start  func(t *testing.T) Peer // a broker of its own, ended with the test
	Broken []Broken                // settings with which no stream can be opened, or none can be read
}

// Peer is the other side: what the tests do to the source's broker. A Peer fails its test where it cannot.
type Peer interface {
	Settings() connect.Settings
	Create(topic string, partitions int)
	Write(events ...model.Event)                        // to their partitions, in this order
	Expire(topic string, partition int32, before int64) // as retention does
	Recreate(topic string, partitions int)              // deleted, and made again under the name
}

// Broken is a source that cannot be read. Its feed reads the topic named in it.
type Broken struct {
	Name     string
	Settings func(t *testing.T) connect.Settings
	Topic    string   // "" stands for one that is there
	Code     string   // the fault's code: "stream.auth"
	Names    []string // what the message or its remedy must name
	Hides    []string // secrets that must not be in them
}

// Canary stands in the keys and values of all events, and must not stand in anything said.
const Canary = "canary-7d1f"

// Topic is the topic that the tests read.
const Topic = "shop.carts"

// Run proves a source.
func Run(t *testing.T, s Suite) {
	t.Run("spec says what it is", func(t *testing.T) { checkSpec(t, s) })
	for _, c := range []struct {
		name  string
		check func(*testing.T, *bench)
	}{
		{"events come as they are, in the order of their partition", checkEvents},
		{"a partition without a position begins at its beginning", checkBeginning},
		{"or at its end, and says where that is", checkFromEnd},
		{"known positions win", checkKnown},
		{"a reopened stream goes on exactly", checkReopen},
		{"two readers share the partitions", checkTwo},
		{"patterns match whole names", checkPattern},
		{"ends are told", checkEnds},
		{"pauses and goes on", checkPause},
		{"keeps to its memory", checkMemory},
		{"stops when told", checkCanceled},
		{"closes", checkClose},
		{"a gap stops its partition", checkGap},
		{"a topic made again stops", checkRecreated},
		{"a topic made again while it is read stops", checkRecreatedLive},
		{"another ledger in the group is seen", checkForeign},
		{"a newer copy of the ledger is seen", checkNewer},
		{"a topic that is not there is named", checkUnknownTopic},
	} {
		t.Run(c.name, func(t *testing.T) { c.check(t, newBench(t, s)) })
	}
	for _, b := range s.Broken {
		t.Run("clear about "+b.Name, func(t *testing.T) { checkBroken(t, s, b) })
	}
}

func checkSpec(t *testing.T, s Suite) {
	if s.Driver.Spec.Type == "" || s.Driver.Spec.Title == "" || s.Driver.Spec.Summary == "" {
		t.Error("the Spec needs a type, a title and a summary")
	}
	for _, setting := range s.Driver.Spec.Settings {
		if setting.Title == "" || setting.Help == "" {
			t.Errorf("setting %s needs a title and a sentence of help", setting.Name)
		}
	}
}

func checkUnknownTopic(t *testing.T, b *bench) {
	b.peer.Create(Topic, 1)
	_, err := b.source.Open(t.Context(), connect.StreamOptions{Feed: "carts", State: "led_a", Topics: []string{"shop.cart"}})
	said(t, err, "stream.unknown_topic", []string{"shop.cart", Topic}, nil)
}

// checkBroken opens and polls: a right that is missing shows only when something is read.
func checkBroken(t *testing.T, s Suite, b Broken) {
	began := time.Now()
	err := openBroken(t, s, b)
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("it took %s to say so", took)
	}
	said(t, err, b.Code, b.Names, b.Hides)
}

func openBroken(t *testing.T, s Suite, b Broken) error {
	source, err := s.Driver.Source(t.Context(), b.Settings(t))
	if err != nil {
		return err
	}
	defer func() { _ = source.Close() }()
	topic := b.Topic
	if topic == "" {
		topic = Topic
	}
	stream, err := source.(connect.Streaming).Open(t.Context(), connect.StreamOptions{Feed: "carts", State: "led_a", Topics: []string{topic}})
	if err != nil {
		return err
	}
	defer func() { _ = stream.Close() }()
	for {
		if _, err := stream.Poll(t.Context()); err != nil {
			return err
		}
	}
}

func said(t *testing.T, err error, code string, names, hides []string) {
	t.Helper()
	if !fault.Is(err, code) {
		t.Fatalf("got %v, want a fault %s", err, code)
	}
	f := fault.As(err)
	if f.Suggestion == "" {
		t.Error("the fault does not say what to do")
	}
	text := f.Error() + " " + f.Suggestion
	for _, name := range names {
		if !strings.Contains(text, name) {
			t.Errorf("%q does not name %q", text, name)
		}
	}
	for _, secret := range append(hides, Canary) {
		if strings.Contains(text, secret) {
			t.Errorf("%q shows %q", text, secret)
		}
	}
}
