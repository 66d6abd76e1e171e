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

// registryWait is how long one question to a schema registry may take.
const registryWait = 5 * time.Second

// decoder reads the events of one feed, with the schemas of its registry. A schema never changes, so each is asked for once.
type decoder struct {
	reader  *window.Reader
	schemas connect.Schemas
	known   map[model.SchemaRef]model.Schema
}

// decoderOf makes what turns a feed's events into changes.
func decoderOf(def model.Feed, schemas connect.Schemas) (feed.Decoder, error) {
	reader, err := window.NewReader(window.Options{Format: def.Format, Key: def.Key, Columns: def.Columns, Placeholders: def.Placeholders,
		Partial: def.Partial})
	if err != nil {
		f := fault.As(err)
		if f.Where != "" {
			f.Where = "." + f.Where
		}
		return nil, f.At("feeds." + def.Name + f.Where)
	}
	return &decoder{reader: reader, schemas: schemas, known: map[model.SchemaRef]model.Schema{}}, nil
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
	ctx, cancel := context.WithTimeout(context.Background(), registryWait)
	defer cancel()
	s, err := d.schemas.Schema(ctx, ref)
	if err == nil {
		d.known[ref] = s
	}
	return s, err
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
