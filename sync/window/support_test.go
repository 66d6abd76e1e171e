package window

import (
	"errors"
	"testing"
	"time"

	"github.com/freshet/freshet/sync/model"
)

var eventTime = time.Date(2025, 6, 15, 15, 6, 40, 0, time.UTC)

// eventOf is an event with a key and a value; "" is null.
func eventOf(key, value string, headers ...string) *model.Event {
	e := &model.Event{Topic: "shop.customers", Partition: 2, Offset: 7, At: eventTime}
	if key != "" {
		e.Key = []byte(key)
	}
	if value != "" {
		e.Value = []byte(value)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		e.Headers = append(e.Headers, model.Header{Name: headers[i], Value: []byte(headers[i+1])})
	}
	return e
}

var errNoRegistry = errors.New("there is no registry")

func noRegistry(model.SchemaRef) (model.Schema, error) { return model.Schema{}, errNoRegistry }

func reader(t testing.TB, o Options) *Reader {
	t.Helper()
	if o.Key == nil {
		o.Key = []string{"id"}
	}
	r, err := NewReader(o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// read reads an event that needs no registry.
func read(t testing.TB, o Options, e *model.Event) Reading {
	t.Helper()
	reading, err := reader(t, o).Read(e, noRegistry)
	if err != nil {
		t.Fatal(err)
	}
	return reading
}

// one is the only change of a reading.
func one(t testing.TB, reading Reading) Change {
	t.Helper()
	if len(reading.Changes) != 1 {
		t.Fatalf("want one change, got %d; ignored %q, problem %+v", len(reading.Changes), reading.Ignored, reading.Problem)
	}
	return reading.Changes[0]
}

func rowJSON(f model.Fields) string { return string(f.AppendFlat(nil)) }
