package connect

import (
	"context"
	"time"

	"github.com/freshet/freshet/sync/model"
)

// Streaming is a source that is read as streams of events.
type Streaming interface {
	Source
	// Open begins to read for one feed. It returns before anything is read, and has asked the source: where that
	// cannot be reached, does not take our credentials, or has no such topic, it says so within bounded time.
	Open(ctx context.Context, o StreamOptions) (Stream, error)
	// Schemas is the source's schema registry; nil where it has none.
	Schemas() Schemas
}

// StreamOptions say what one feed reads and from where.
type StreamOptions struct {
	Feed     string
	Topics   []string // names; with Pattern regular expressions (RE2) that match whole names
	Pattern  bool
	Group    string           // names the readers of the feed to others; the source puts its own prefix before it; "": Feed
	State    string           // id of the ledger: travels with every commit, so that another ledger in the same group is seen
	Opening  int64            // counts the openings of the ledger: a commit of a later one was made by a newer copy of it
	Instance string           // a reader of the same instance that was left in the group, as by a killed process, is replaced at once; "": none is
	Adopt    bool             // a person has agreed to take over what another ledger has committed in the group
	Known    []model.Position // the ledger's positions: they win over the broker's, which are never read from
	FromEnd  bool             // a partition there is now, without a position, begins at its end instead of its beginning
	MaxBytes int              // bytes of events held in memory, read ahead included, as well as can be told of packed ones; 0: 32 MiB
}

// Stream is read by one goroutine; Pause, Resume, Commit, Ends and Close may be called from others.
type Stream interface {
	// Poll waits for events, or for something to be said about the stream. The partitions in it stay ours until the
	// next Poll, and nobody else gets them before it: what was done with the events by then may be committed. A reader
	// that stays away for longer than the source's rebalance timeout is given up by the group all the same; its
	// commits are refused then, and its next Poll says Revoked.
	// After Revoked a partition may be Assigned again; it goes on from the last position given to Commit, so what was
	// read beyond that and is not durable is to be forgotten with Revoked.
	// An error of the context is the caller's own; any other ends the stream: fault stream.auth, stream.forbidden,
	// stream.closed and the like. A source that cannot be reached for a while ends nothing: see Unreadable.
	Poll(ctx context.Context) (Fetch, error)
	// Commit tells the broker what is durable in the ledger, and the stream where to go on when a partition comes
	// back. Positions are contiguous: everything before Next is durable. A partition that is no longer ours is left
	// out, and no commit is ever moved back. An error (fault stream.commit) says that the broker did not take it now:
	// nothing is lost by it, and a later Commit says it again.
	Commit(ctx context.Context, positions []model.Position) error
	// Ends gives the end of every partition of the feed's topics: how far a reader can get now, open transactions
	// left out. A partition without a leader is left out.
	Ends(ctx context.Context) ([]model.Position, error)
	// Pause stops new events; a Poll under way may still bring some. Poll is called as before: it keeps the place in
	// the group and brings notes.
	Pause()
	Resume()
	// Close leaves the group, so that others go on at once, and ends a Poll under way.
	Close() error
}

// Fetch is what one Poll brought: events of every partition in the order of their offsets.
type Fetch struct {
	Events []model.Event
	Next   []model.Position // where each partition that moved or began stands after these events, control records skipped
	Notes  []StreamNote
}

// NoteKind is what a stream says about itself.
type NoteKind uint8

// The kinds of notes. After Gap, Recreated, Truncated and Foreign the partition delivers nothing more, and no commit
// is made for it, until it is opened again from a position a person has agreed to; Foreign: with Adopt.
const (
	Assigned   NoteKind = iota // a partition is ours now: Position is where it begins
	Revoked                    // a partition is not ours any more
	Gap                        // the events from Position.Next on are gone: retention passed it
	Recreated                  // the topic was deleted and made again: it has another id
	Truncated                  // the log was cut behind us: an unclean leader election
	Foreign                    // another state directory commits in the same group, or a newer copy of this one did
	Unreadable                 // a partition cannot be read now; the stream goes on trying
	Readable                   // a partition that was unreadable can be read again
	Blocked                    // an open transaction keeps events back: from Position.Next to Found.Next, since Since. It is said again as they become more
	Unblocked                  // that transaction has ended, or the events come by now
)

var noteNames = [...]string{"assigned", "revoked", "gap", "recreated", "truncated", "foreign", "unreadable", "readable", "blocked", "unblocked"}

// Stops says whether the partition delivers nothing more after such a note.
func (k NoteKind) Stops() bool { return k == Gap || k == Recreated || k == Truncated || k == Foreign }

func (k NoteKind) String() string { return noteNames[k] }

// StreamNote is one thing a stream says about itself.
type StreamNote struct {
	Kind     NoteKind
	Position model.Position // the partition and what we knew of it
	Found    model.Position // what the broker has now: its first offset after Gap, the new id after Recreated, …
	Message  string         // for people, without values of events
	Since    time.Time      // of Blocked
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
