package config

import (
	"regexp"
	"slices"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/model"
)

func (b *builder) feed(m member) {
	v := m.val
	f := model.Feed{Name: m.key.name, Source: b.str(v.get("source")), Format: b.str(v.get("format")), Key: b.key(v.get("key")),
		Columns: map[string]string{}, SQL: b.str(v.get("sql")), FromEnd: b.str(v.get("from")) == "end", Pos: m.key.pos(), SQLPos: b.sqlPos(v.get("sql"))}
	if from := v.get("source"); !from.absent() {
		b.streaming(from)
	}
	b.topics(v, &f)
	for _, c := range v.get("columns").members() {
		f.Columns[c.key.name] = b.str(c.val)
	}
	f.Placeholders, f.Partial = b.strs(v.get("placeholders")), b.str(v.get("partial")) == "true"
	keep, pause := v.get("keep"), v.get("pause_above")
	f.KeepFor, _ = parseDuration(b.str(keep.get("for")))
	f.KeepMB, _ = parseCount(b.str(keep.get("mb")))
	f.Pause.Percent, _ = parsePercent(b.str(pause.get("percent")))
	f.Pause.Least, _ = parseCount(b.str(pause.get("least")))
	bad := v.get("on_bad")
	f.HoldNewer = b.str(bad.get("newer")) == "hold"
	f.MostBehind, _ = parseCount(b.str(bad.get("most")))
	b.feedContract(v, &f)
	b.w.Feeds[f.Name] = f
}

// streaming makes sure that a feed's source is there and can be read as a stream.
func (b *builder) streaming(v value) {
	if !b.known(v, "source", "unknown_source", b.names("sources")) {
		return
	}
	name := b.str(v)
	for _, m := range b.sections["sources"] {
		typ := b.str(m.val.get("type"))
		i := slices.IndexFunc(b.drivers, func(d connect.Driver) bool { return d.Spec.Type == typ && d.Source != nil })
		if m.key.name == name && i >= 0 && !b.drivers[i].Spec.Streams {
			b.fail(v.pos(), "not_a_stream", v.path+" names the source "+quote(name)+", which is no stream", "name a source of type kafka")
		}
	}
}

// topics reads topic, topics or pattern: exactly one of them.
func (b *builder) topics(v value, f *model.Feed) {
	one, several, pattern := v.get("topic"), v.get("topics"), v.get("pattern")
	given := 0
	for _, x := range []value{one, several, pattern} {
		if !x.absent() {
			given++
		}
	}
	if given != 1 {
		b.fail(v.pos(), "required", v.path+" needs one of topic, topics and pattern", "write topic: NAME")
		return
	}
	switch {
	case !one.absent():
		f.Topics = []string{b.str(one)}
	case !several.absent():
		f.Topics = b.strs(several)
	default:
		f.Topics, f.Pattern = []string{b.str(pattern)}, true
		if _, err := regexp.Compile(b.str(pattern)); err != nil {
			b.fail(pattern.pos(), "bad_value", pattern.path+" is not a regular expression", "see https://github.com/google/re2/wiki/Syntax")
		}
	}
}
