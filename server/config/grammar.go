package config

import (
	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/policy"
	"github.com/freshet/freshet/sync/window"
)

// The fixed words of the workspace.
var (
	modes   = []string{"upsert", "update", "insert", "mirror"}
	leaves  = []string{"keep", "clear", "archive", "delete"}
	tiers   = []string{"realtime", "minutes", "hourly", "daily"}
	nulls   = []string{"clear", "omit"}
	coerced = []string{"string", "integer", "decimal", "float", "boolean", "date", "timestamp", "json"}
)

// laterModes and the like are names that are fixed already and do not work in this version.
func laterModes() map[string]string {
	return map[string]string{
		"members": "mode members is not in this version of Freshet",
		"append":  "mode append is not in this version of Freshet",
	}
}

func text(help string) *shape { return &shape{kind: textKind, help: help} }

func texts(help string) *shape {
	return &shape{kind: listKind, help: help, of: text("")}
}

func choice(help string, choices []string) *shape {
	return &shape{kind: textKind, help: help, choices: choices}
}

func formed(help, form, pattern string, parse func(string) error) *shape {
	return &shape{kind: textKind, help: help, form: form, pattern: pattern, parse: parse}
}

func duration(help string) *shape {
	return formed(help, "a span of time such as 90m, 24h or 7d", `^([0-9]+d|([0-9.]+(ns|us|µs|ms|s|m|h))+)$`,
		func(s string) error { _, err := parseDuration(s); return err })
}

func interval(help string) *shape {
	s := duration(help)
	s.parse = func(text string) error { _, err := parseInterval(text); return err }
	return s
}

func freshness(help string) *shape {
	s := duration(help)
	s.parse = func(text string) error { _, err := parseFreshness(text); return err }
	return s
}

func zone(help string) *shape {
	return formed(help, "a time zone such as Europe/Berlin", "", parseZone)
}

func limit(help string) *shape {
	return formed(help, "a count or a share such as 500 or 10%", `^[0-9]+(\.[0-9]+)?%?$`,
		func(s string) error { _, err := parseLimit(s); return err })
}

// workspace is the whole grammar.
func workspace(drivers []connect.Driver) *shape {
	return &shape{kind: recordKind, fields: []field{
		{name: "workspace", shape: text("The name of the workspace; without it the folder's name.")},
		{name: "time_zone", shape: zone("Time zone of schedules that name none, and of the tier daily; UTC without it.")},
		{name: "data_dir", shape: text("Folder of the ledger, the history and the plans; .freshet without it. Relative to the workspace.")},
		{name: "governance", shape: governanceShape()},
		{name: "sources", shape: sources(drivers)},
		{name: "feeds", shape: namedSQL("Streams that become keyed tables, feeds.name in SQL.", feedShape())},
		{name: "models", shape: namedSQL("SQL over the sources, with a key.", modelShape())},
		{name: "audiences", shape: namedSQL("Named parts of a model, which syncs can carry.", audienceShape())},
		{name: "destinations", shape: destinations(drivers)},
		{name: "syncs", shape: named("Each carries one model or audience to one object of one destination.", syncShape())},
		{name: "alerts", shape: named("Who is told when the state of a sync changes; see docs/ALERTS.md.", alertShape())},
	}}
}

func named(help string, of *shape) *shape {
	return &shape{kind: namedKind, help: help, of: of, rule: plainName,
		says: "letters, digits, underscores, dashes and dots, beginning with a letter, a digit or an underscore"}
}

func namedSQL(help string, of *shape) *shape {
	return &shape{kind: namedKind, help: help, of: of, rule: sqlName,
		says: "it is used in SQL, so letters, digits and underscores only, not beginning with a digit"}
}

func feedShape() *shape {
	return &shape{kind: recordKind, fields: []field{
		{name: "source", required: true, shape: text("The source to read, of type kafka.")},
		{name: "topic", shape: text("The topic to read; or write topics or pattern.")},
		{name: "topics", shape: texts("The topics to read.")},
		{name: "pattern", shape: text("A regular expression (RE2) for the names of the topics to read.")},
		{name: "format", required: true, shape: choice("How its events are written; see docs/FORMATS.md.", window.Formats())},
		{name: "key", required: true, shape: &shape{kind: eitherKind, help: "The column, or the list of columns, that names a row.",
			either: []*shape{text(""), texts("")}, form: "a column or a list of columns"}},
		{name: "columns", shape: &shape{kind: namedKind, help: "Types of columns, DuckDB's, where events do not say them: price: DECIMAL(10,2).", of: text("")}},
		{name: "contract", shape: text("File of the data contract that its rows keep, with #OBJECT where it has several; an event that breaks it is set aside.")},
		{name: "placeholders", shape: texts("Texts that stand for a value the source did not send because it did not change, besides Debezium's own.")},
		{name: "partial", shape: &shape{kind: booleanKind, help: "Whether plain events hold only what changed; without it an event is the whole row."}},
		{name: "sql", shape: text("A select over event, the decoded rows; what models read. Without it the rows themselves.")},
		{name: "from", shape: choice("Where a partition begins that is read for the first time: beginning, or end. Beginning without it.", []string{"beginning", "end"})},
		{name: "keep", shape: &shape{kind: recordKind, help: "How long events are kept as they came; without end where nothing is said.", fields: []field{
			{name: "for", shape: duration("Time after which an event may go.")},
			{name: "mb", shape: formed("Megabytes of the files at most; the oldest go first.", "a count such as 10000", `^[0-9]+$`,
				func(s string) error { _, err := parseCount(s); return err })},
		}}},
		{name: "pause_above", shape: &shape{kind: recordKind, help: "A feed pauses when this many of its last 1,000 events had to be set aside.", fields: []field{
			{name: "percent", shape: formed("Share of them; 20% without it.", "a percentage such as 20%", `^[0-9]+(\.[0-9]+)?%$`,
				func(s string) error { _, err := parsePercent(s); return err })},
			{name: "least", shape: formed("Events at least; 50 without it.", "a count such as 50", `^[0-9]+$`,
				func(s string) error { _, err := parseCount(s); return err })},
		}}},
		{name: "on_bad", shape: &shape{kind: recordKind, help: "What becomes of newer events of a key of which one was set aside.", fields: []field{
			{name: "newer", shape: choice("Whether they pass, or are held: set aside behind it, in order, until it is decided about. They pass without it.",
				[]string{"pass", "hold"})},
			{name: "most", shape: formed("Events that may wait behind others before the feed pauses; 10000 without it.", "a count such as 10000", `^[0-9]+$`,
				func(s string) error { _, err := parseCount(s); return err })},
		}}},
	}}
}

func modelShape() *shape {
	return &shape{kind: recordKind, fields: []field{
		{name: "sql", required: true, shape: text("A select over all sources (source.table) and other models (models.name), in DuckDB's dialect.")},
		{name: "key", required: true, shape: &shape{kind: eitherKind, help: "The column, or the list of columns, that names a record.",
			either: []*shape{text(""), texts("")}, form: "a column or a list of columns"}},
		{name: "updated_at", shape: text("Column with the time of the row's commit in its source, for freshness.")},
		{name: "owner", shape: text("Who answers for the model.")},
		{name: "contract", shape: text("File of a data contract (ODCS) that the model's rows have to keep: FILE, or FILE#OBJECT. Relative to the workspace.")},
		{name: "fields", shape: named("What people have said about the model's columns.", &shape{kind: recordKind, fields: []field{
			{name: "class", shape: choice("What sort of data the column holds.", policy.Classes())},
			{name: "purposes", shape: texts("What the column may be used for.")},
			{name: "destinations", shape: texts("The only destinations it may go to; without it any whose purposes it allows.")},
		}})},
		{name: "related", shape: namedSQL("Tables with rows that belong to the model's records, for audiences.", relatedShape())},
		{name: "consent", shape: consentShape()},
	}}
}

func governanceShape() *shape {
	return &shape{kind: recordKind, help: "What holds for everything that leaves.", fields: []field{
		{name: "unreviewed", shape: choice("What is done about a sync of columns that nobody has reviewed: refuse, or warn. Refuse without it.", []string{"refuse", "warn"})},
		{name: "approvals", shape: choice("How many people a plan needs that a guard holds: one_person, or two_person: who asked for it and another who approves it. One without it.",
			[]string{"one_person", "two_person"})},
	}}
}

func syncShape() *shape {
	return &shape{kind: recordKind, fields: append([]field{
		{name: "model", shape: text("The model to carry.")},
		{name: "audience", shape: text("The audience to carry, instead of a model.")},
		{name: "destination", required: true, shape: text("Where to.")},
		{name: "object", shape: text("What is written there: contacts, Account, …")},
		{name: "mode", shape: &shape{kind: textKind, help: "Which records are written, and how; upsert without it.", choices: modes, later: laterModes()}},
		{name: "match", shape: mappings("How a record is found at the destination: destination field: model column.")},
		{name: "fields", required: true, shape: mappings("What is written: destination field: model column, {column: …}, {template: …} or {value: …}. A dot nests.")},
		{name: "on_leave", shape: &shape{kind: textKind, choices: leaves,
			help:  "What happens at the destination when a record leaves the model; keep without it, or delete under mirror.",
			later: map[string]string{"remove": "on_leave remove is for mode members, which is not in this version of Freshet"}}},
	}, syncPromises()...)}
}

func syncPromises() []field {
	return []field{
		{name: "tier", shape: choice("How fresh it is to be; or write schedule. Without either it runs by hand.", tiers)},
		{name: "schedule", shape: &shape{kind: recordKind, fields: []field{
			{name: "every", shape: interval("Time between two runs; 1s at least.")},
			{name: "cron", shape: formed("Five cron fields, or @hourly and the like.", `five cron fields such as "0 6 * * *"`, "", parseCron)},
			{name: "zone", shape: zone("Time zone of the cron fields, such as Europe/Berlin; the workspace's time_zone without it.")},
		}, help: "When it runs: every or cron. Beside tier realtime: when it runs while it cannot be live."}},
		{name: "slo", shape: &shape{kind: recordKind, help: "What is promised.", fields: []field{
			{name: "freshness", shape: freshness("Longest time from commit in the source to confirmation by the destination; 1s at least.")},
			{name: "success", shape: formed("Share of changes that arrive, and in that time; 99% without it.", "a percentage such as 99.9%", `^[0-9]+(\.[0-9]+)?%$`,
				func(s string) error { _, err := parseSuccess(s); return err })},
		}}},
		{name: "guard", shape: &shape{kind: recordKind, help: "A run that would do more than this is held.", fields: []field{
			{name: "max_leaves", shape: limit("Removals at most: a count, or a share of what the destination holds.")},
			{name: "max_changes", shape: limit("Changed records at most: a count, or a share of what the destination holds.")},
			{name: "min_rows", shape: formed("Rows that the model must have at least.", "a count such as 1", `^[0-9]+$`,
				func(s string) error { _, err := parseCount(s); return err })},
		}}},
	}
}

func mappings(help string) *shape {
	return &shape{kind: namedKind, help: help, of: mappingShape()}
}

func mappingShape() *shape {
	return &shape{kind: eitherKind, form: "a model column, or a mapping with column, template or value", either: []*shape{
		text("The model column."),
		{kind: recordKind, fields: []field{
			{name: "column", shape: text("The model column.")},
			{name: "template", shape: text("A Liquid template over the model's columns.")},
			{name: "value", shape: &shape{kind: literalKind, help: "The same value for every record."}},
			{name: "nulls", shape: choice("What a null means: clear (the default) empties the field, omit leaves it alone.", nulls)},
			{name: "type", shape: choice("Coerce to this type; without it, as the destination wants.", coerced)},
		}},
	}}
}
