package config

import (
	"cmp"
	"fmt"

	"github.com/freshet/freshet/sync/connect"
)

func sources(drivers []connect.Driver) *shape {
	s := endpoints("source", drivers, func(d connect.Driver) bool { return d.Source != nil })
	return namedSQL("Where data is read. Sources with tables are catalogs in models' SQL; sources with streams are read by feeds.", s)
}

func destinations(drivers []connect.Driver) *shape {
	s := endpoints("destination", drivers, func(d connect.Driver) bool { return d.Destination != nil })
	s.fields = append(s.fields, field{name: "purposes", shape: texts("What data sent here is for.")})
	return named("Where data is written.", s)
}

func endpoints(form string, drivers []connect.Driver, fits func(connect.Driver) bool) *shape {
	s := &shape{kind: variantKind, form: form, fields: []field{{name: "type", required: true, shape: text("The connector.")}}}
	for _, d := range drivers {
		if fits(d) {
			s.types = append(s.types, variant{name: d.Spec.Type, help: d.Spec.Summary, fields: settingFields(d.Spec)})
		}
	}
	return s
}

func settingFields(spec connect.Spec) []field {
	fields := make([]field, len(spec.Settings))
	for i, setting := range spec.Settings {
		fields[i] = field{name: setting.Name, shape: settingShape(setting), required: setting.Required && setting.Default == ""}
	}
	return fields
}

func settingShape(s connect.Setting) *shape {
	switch s.Kind {
	case connect.SecretSetting:
		return &shape{kind: textKind, help: s.Help, secret: true}
	case connect.URLSetting:
		return formed(s.Help, fmt.Sprintf("an address such as %s", cmp.Or(s.Example, "https://example.com")), "", parseURL)
	case connect.IntegerSetting:
		return &shape{kind: integerKind, help: s.Help}
	case connect.BooleanSetting:
		return &shape{kind: booleanKind, help: s.Help}
	case connect.DurationSetting:
		return duration(s.Help)
	case connect.ChoiceSetting:
		return choice(s.Help, s.Choices)
	case connect.MapSetting:
		return &shape{kind: openKind, help: s.Help}
	case connect.ListSetting:
		return texts(s.Help)
	default:
		return text(s.Help)
	}
}
