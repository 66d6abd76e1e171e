package connect

import "time"

// Spec is what a connector says of itself, once: forms, help, validation, redaction and documents come from it.
type Spec struct {
	Type     string // "hubspot": what definitions write
	Title    string // "HubSpot"
	Summary  string // one sentence for people
	Vendor   string // address of the vendor's own API documentation; may be empty
	Settings []Setting
	Objects  []Object
	Streams  bool     // its Source is Streaming: feeds read it, models do not
	Open     bool     // other object names than Objects' are allowed; they behave like the object named "*"
	Notes    []string // paragraphs for the connector's page: what people must know
}

// SettingKind is the type of a setting.
type SettingKind uint8

// The kinds of settings.
const (
	TextSetting SettingKind = iota
	SecretSetting
	URLSetting
	PathSetting // relative paths are taken from the workspace's folder
	IntegerSetting
	BooleanSetting
	DurationSetting // "30s", "15m"
	ChoiceSetting
	MapSetting // name -> text, or name -> a nested mapping
	ListSetting
)

// Setting is one thing a person writes under a source or destination.
type Setting struct {
	Name     string
	Title    string
	Help     string // a sentence: what it does, what happens without it
	Kind     SettingKind
	Required bool
	Default  string
	Choices  []string
	Example  string
	Advanced bool
}

// Object is something records are written to.
type Object struct {
	Name   string // "contacts"; "*" stands for any
	Title  string
	Verbs  []Ability
	Match  MatchRule
	Limits Limits
}

// Ability is one verb an object takes.
type Ability struct {
	Verb      Verb
	Guarantee Guarantee
	Meaning   string // one sentence: what it does at this vendor
	Final     bool   // nobody can undo it, the vendor included: it is done only where a person wrote it down
}

// Guarantee is the class of an operation: what a repeat after an unknown outcome can do.
type Guarantee uint8

// The classes.
const (
	NoGuarantee Guarantee = iota
	A                     // idempotent: repeating changes nothing
	B                     // carries an idempotency key the receiver honours
	C                     // can be read back, and is, before it is repeated
	D                     // best effort: a repeat may double it
)

func (g Guarantee) String() string { return [...]string{"none", "A", "B", "C", "D"}[g] }

// MatchRule says how records are found.
type MatchRule struct {
	Need    bool     // a match is required; otherwise the model's key is the identity
	Single  bool     // exactly one match field
	Fields  []string // allowed match fields; empty: any
	Fold    bool     // compared without regard to case and surrounding space, so "A@x" and "a@x" are one record
	Meaning string
}

// Limits bound calls. Zero values mean: no limit known.
type Limits struct {
	Rows        int           // operations a call
	Bytes       int           // body bytes a call
	Overhead    int           // body bytes an operation costs beyond the JSON of its fields, match and key
	Concurrency int           // calls at once for the account; 0 is 4
	Calls       int           // calls ...
	Per         time.Duration // ... in this window, shared by every sync of the account
	Job         bool          // deliver through Jobs
}

// ObjectInfo is an object as the destination itself describes it.
type ObjectInfo struct {
	Name   string
	Fields []FieldInfo
}

// Field finds a field by name.
func (o ObjectInfo) Field(name string) (FieldInfo, bool) {
	for _, f := range o.Fields {
		if f.Name == name {
			return f, true
		}
	}
	return FieldInfo{}, false
}

// FieldInfo is one field of an object. Type is one of string, integer, decimal, boolean, date, timestamp, choice,
// choices (several of Choices, joined as the vendor wants) and json; "" where the destination does not say.
type FieldInfo struct {
	Name     string
	Title    string
	Type     string
	Choices  []string
	Length   int // runes at most; 0: no limit known
	Scale    int // decimals after the point for decimal; -1: no limit known
	Required bool
	ReadOnly bool
	Unique   bool // can be a match field
}
