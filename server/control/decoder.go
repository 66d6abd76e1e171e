package control

import (
	"context"
	"time"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/contract"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/feed"
	"github.com/freshet/freshet/sync/model"
	"github.com/freshet/freshet/sync/window"
)

// registryWait is how long one question to a schema registry may take, registryRest how long after an answer that helps nobody it is
// asked again.
const (
	registryWait = 5 * time.Second
	registryRest = time.Second
)

// decoder reads the events of one feed, with the schemas of its registry. A schema never changes, so each is asked for once.
type decoder struct {
	reader   *window.Reader
	schemas  connect.Schemas
	patience time.Duration // how long an event waits for its schema by itself; the question goes on meanwhile
	known    map[model.SchemaRef]model.Schema
	asked    map[model.SchemaRef]*question
}

// question is one that the registry was asked.
type question struct {
	done   chan struct{} // closed with the answer
	schema model.Schema
	err    error
	at     time.Time // of the answer
	before error     // what it said last time
}

// decoderOf makes what turns a feed's events into changes.
func decoderOf(def model.Feed, schemas connect.Schemas) (*decoder, error) {
	reader, err := window.NewReader(window.Options{Format: def.Format, Key: def.Key, Columns: def.Columns, Placeholders: def.Placeholders,
		Partial: def.Partial})
	if err != nil {
		f := fault.As(err)
		if f.Where != "" {
			f.Where = "." + f.Where
		}
		return nil, f.At("feeds." + def.Name + f.Where)
	}
	return &decoder{reader: reader, schemas: schemas, patience: registryWait, known: map[model.SchemaRef]model.Schema{},
		asked: map[model.SchemaRef]*question{}}, nil
}

// Read decodes one event. Its error says that a schema cannot be had now: the event waits.
func (d *decoder) Read(e *model.Event) (window.Reading, error) {
	reading, err := d.reader.Read(e, d.schema)
	if fault.Is(err, "stream.schema_unknown") || fault.Is(err, "stream.no_registry") {
		f := fault.As(err)
		return window.Reading{Problem: &window.Problem{Code: f.Code, Message: f.Message}}, nil
	}
	return reading, err
}

func (d *decoder) schema(ref model.SchemaRef) (model.Schema, error) {
	if s, ok := d.known[ref]; ok {
		return s, nil
	}
	if d.schemas == nil {
		return model.Schema{}, fault.New(fault.Usage, "stream.no_registry", "the event names a schema of a registry, and its source has none").
			Do("name the registry in the source")
	}
	q := d.ask(ref)
	select {
	case <-q.done:
	default:
		if q.before != nil {
			return model.Schema{}, q.before
		}
		return model.Schema{}, fault.New(fault.Source, "stream.registry", "the schema registry has not answered yet").
			Do("look at the registry; schemas that are known already are used meanwhile")
	}
	if q.err == nil {
		d.known[ref] = q.schema
		delete(d.asked, ref)
	}
	return q.schema, q.err
}

// ask has the registry asked for a schema and waits a little for the answer. A registry that is slow, or away, is so for the events
// that need it; others do not wait with them.
func (d *decoder) ask(ref model.SchemaRef) *question {
	q := d.asked[ref]
	if q != nil {
		select {
		case <-q.done:
			if q.err == nil || time.Since(q.at) < registryRest {
				return q
			}
		default:
			return q
		}
	}
	was := q
	if q = (&question{done: make(chan struct{})}); was != nil {
		q.before = was.err
	}
	d.asked[ref] = q
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), registryWait)
		defer cancel()
		q.schema, q.err = d.schemas.Schema(ctx, ref)
		q.at = time.Now()
		close(q.done)
	}()
	select {
	case <-q.done:
	case <-time.After(d.patience):
	}
	return q
}

// checkOf makes what judges the rows of a feed by its contract; nil where it has none.
func checkOf(c *contract.Checks) feed.Check {
	if c == nil {
		return nil
	}
	return func(row model.Fields, partial bool) *window.Problem {
		judge := c.Row
		if partial {
			judge = c.Partial
		}
		broken := judge(row)
		if len(broken) == 0 {
			return nil
		}
		return &window.Problem{Code: broken[0].Code, Message: broken[0].Column + " " + broken[0].Message}
	}
}
