package connect

import (
	"context"

	"github.com/freshet/freshet/sync/model"
)

// Streaming is a source that is read as streams of events.
type Streaming interface {
	Source
	// Open begins to read for one feed. It returns before anything is read.
	Open(ctx context.Context, o StreamOptions) (Stream, error)
	// Schemas is the source's schema registry; nil where it has none.
	Schemas() Schemas
}

// StreamOptions say what one feed reads and from where.
type StreamOptions struct {
	Feed     string
	Topics   []string // names; with Pattern regular expressions (RE2) that match whole names
	Pattern  bool
	State    string           // id of the ledger: travels with every commit, so that another ledger in the same group is seen
	Known    []model.Position // the ledger's positions: they win over the broker's
	FromEnd  bool             // a partition without a position begins at its end instead of its beginning
	MaxBytes int              // bytes of events held in memory at most, read ahead included; 0: 32 MiB
}

// Stream is read by one goroutine; Pause, Resume and Commit may be called from others.
type Stream interface {
	// Poll waits for events, or for something to be said about the stream. The partitions in it stay ours, whatever
	// happens in the group, until the next Poll: what was done with the events by then may be committed.
	// Its error ends the stream: fault stream.auth, stream.unreachable and the like.
	Poll(ctx context.Context) (Fetch, error)
	// Commit tells the broker what is durable in the ledger. It never moves a partition that is no longer ours.
	Commit(ctx context.Context, positions []model.Position) error
	// Ends gives the end of every partition of the feed's topics: how far a reader can get now.
	Ends(ctx context.Context) ([]model.Position, error)
	Pause()
	Resume()
	Close() error
}

// Fetch is what one Poll brought: events of every partition in the order of their offsets.
type Fetch struct {
	Events []model.Event
	Next   []model.Position // where each partition that moved stands after these events, control records skipped
	Notes  []StreamNote
}

// NoteKind is what a stream says about itself.
type NoteKind uint8

// The kinds of notes. After Gap, Recreated and Truncated the partition delivers nothing more until it is opened
// again from a position a person has agreed to.
const (
	Assigned   NoteKind = iota // a partition is ours now
	Revoked                    // a partition is somebody else's now
	Gap                        // the events from Position.Next on are gone: retention passed it
	Recreated                  // the topic was deleted and made again: it has another id
	Truncated                  // the log was cut behind us: an unclean leader election
	Foreign                    // another state directory commits in the same group
	Unreadable                 // a partition cannot be read now; the stream goes on trying
)

var noteNames = [...]string{"assigned", "revoked", "gap", "recreated", "truncated", "foreign", "unreadable"}

func (k NoteKind) String() string { return noteNames[k] }

// StreamNote is one thing a stream says about itself.
type StreamNote struct {
	Kind     NoteKind
	Position model.Position // the partition and what we knew of it
	Found    model.Position // what the broker has now: its first offset after Gap, the new id after Recreated, …
	Message  string         // for people, without values of events
}

// The words of schemas, which the decoders share.
type (
	SchemaRef   = model.SchemaRef
	SchemaKind  = model.SchemaKind
	Schema      = model.Schema
	NamedSchema = model.NamedSchema
)

// The kinds of schemas.
const (
	AvroSchema     = model.AvroSchema
	ProtobufSchema = model.ProtobufSchema
	JSONSchema     = model.JSONSchema
)

// Schemas is a schema registry.
type Schemas interface {
	// Schema finds a schema. A schema never changes, so callers keep it. Fault stream.schema_unknown where the registry
	// answers that there is none; stream.registry where it does not answer: then it is worth asking again.
	Schema(ctx context.Context, ref SchemaRef) (Schema, error)
}
