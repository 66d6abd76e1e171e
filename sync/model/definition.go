package model

import "time"

// Pos is a place in a definition file, for errors. The zero Pos is "nowhere".
type Pos struct {
	File      string
	Line, Col int
}

// Model is SQL over all sources, with a key.
type Model struct {
	Name      string
	SQL       string
	Key       []string
	UpdatedAt string // column with the row's commit time in its source, "" where none
	Owner     string
	Fields    map[string]FieldPolicy
	Uses      []string // other models that the SQL reads as models.NAME
	Feeds     []string // feeds that the SQL itself reads as feeds.NAME
	Pos       Pos
	SQLPos    Pos // where the SQL text itself starts, so that an error inside it can be placed
}

// FieldPolicy is what people have said about a model's column.
type FieldPolicy struct {
	Class        string   // what sort of data it is; "" where nobody has said so
	Purposes     []string // what it may be used for
	Destinations []string // the only ones it may go to; empty: any whose purposes it allows
}

// Mode says which records of a model a sync writes, and how.
type Mode string

// The modes. Each is described in docs/MODES.md.
const (
	Upsert Mode = "upsert"
	Update Mode = "update"
	Insert Mode = "insert"
	Mirror Mode = "mirror"
)

// OnLeave says what happens at the destination when a record leaves the model.
type OnLeave string

// What leaving can mean.
const (
	Keep    OnLeave = "keep"
	Clear   OnLeave = "clear"
	Archive OnLeave = "archive"
	Delete  OnLeave = "delete"
)

// Nulls says what a null in the model means for a mapped field.
type Nulls string

// The null policies: clear sends an explicit null, omit leaves the field alone.
const (
	ClearNulls Nulls = "clear"
	OmitNulls  Nulls = "omit"
)

// Mapping makes one destination field. Exactly one of Column, Template and Literal is used.
type Mapping struct {
	Target   string // destination field; a dot nests
	Column   string // model column
	Template string // Liquid over the model's columns
	Literal  *Value
	Nulls    Nulls  // "" is ClearNulls
	Type     string // coerce to string, integer, decimal, float, boolean, date, timestamp or json; "": as the destination wants
	Pos      Pos
}

// Guard stops a run that would do more than expected. Percentages are of what the destination holds.
type Guard struct {
	MaxLeaves  *Limit
	MaxChanges *Limit
	MinRows    int64
}

// Limit is a count or a share.
type Limit struct {
	Count   int64
	Percent float64 // used where IsShare
	IsShare bool
}

// Sync carries one model to one object of one destination.
type Sync struct {
	Name        string
	Model       string
	Audience    string // "" where the whole model is carried; else the audience, of Model
	Destination string
	Object      string
	Mode        Mode
	Match       []Mapping // destination match fields; empty: the model's key is the identity
	Fields      []Mapping
	OnLeave     OnLeave // "" is Keep; under Mirror Delete, or Archive where the destination can never undo a deletion
	Guard       Guard
	Tier        string        // "" where nothing is said: it runs by hand, or by its schedule
	Every       time.Duration // of its schedule; 0 where it has none, or one by cron fields
	Cron        string        // five fields, "" where its schedule is another
	Zone        string        // time zone of Cron and of tier daily
	Freshness   time.Duration
	Success     float64 // percent
	Pos         Pos
}
