package config_test

import (
	"context"

	"github.com/freshet/freshet/sync/connect"
)

// testDrivers have the Specs of connectors in small, so that the rules are tested without any vendor.
func testDrivers() []connect.Driver {
	source := func(context.Context, connect.Settings) (connect.Source, error) { return nil, nil }
	destination := func(context.Context, connect.Settings) (connect.Destination, error) { return nil, nil }
	able := func(verbs ...connect.Verb) (all []connect.Ability) {
		for _, v := range verbs {
			all = append(all, connect.Ability{Verb: v, Guarantee: connect.A})
		}
		return all
	}
	return []connect.Driver{
		{Source: source, Spec: connect.Spec{Type: "duckdb", Title: "DuckDB", Settings: []connect.Setting{
			{Name: "path", Kind: connect.PathSetting, Required: true}}}},
		{Source: source, Spec: connect.Spec{Type: "files", Title: "Files", Settings: []connect.Setting{
			{Name: "tables", Kind: connect.MapSetting, Required: true}}}},
		{Source: source, Spec: connect.Spec{Type: "kafka", Title: "Kafka", Streams: true, Settings: []connect.Setting{
			{Name: "brokers", Kind: connect.ListSetting, Required: true}}}},
		{Destination: destination, Spec: connect.Spec{Type: "webhook", Title: "Webhook", Open: true,
			Settings: []connect.Setting{
				{Name: "url", Kind: connect.URLSetting, Required: true}, {Name: "secret", Kind: connect.SecretSetting},
				{Name: "headers", Kind: connect.MapSetting}, {Name: "batch_size", Kind: connect.IntegerSetting, Default: "500"},
				{Name: "timeout", Kind: connect.DurationSetting, Default: "30s"}, {Name: "verify", Kind: connect.BooleanSetting, Default: "true"},
				{Name: "style", Kind: connect.ChoiceSetting, Choices: []string{"plain", "nested"}}, {Name: "hosts", Kind: connect.ListSetting}},
			Objects: []connect.Object{{Name: "*", Verbs: able(connect.Upsert, connect.Update, connect.Insert, connect.Clear, connect.Archive, connect.Delete)}}}},
		{Destination: destination, Spec: connect.Spec{Type: "hubspot", Title: "HubSpot",
			Settings: []connect.Setting{{Name: "token", Kind: connect.SecretSetting, Required: true}},
			Objects: []connect.Object{
				{Name: "contacts", Verbs: able(connect.Upsert, connect.Update, connect.Clear, connect.Archive),
					Match: connect.MatchRule{Need: true, Single: true, Fields: []string{"email", "hs_object_id"}}},
				{Name: "companies", Verbs: able(connect.Update), Match: connect.MatchRule{Need: true}}}}},
	}
}
