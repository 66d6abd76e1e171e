package kafka

import (
	"github.com/freshet/freshet/sync/connect"
)

const (
	classicProtocol  = "classic"
	consumerProtocol = "consumer"
)

// The ways to sign in.
const (
	noAuth      = "none"
	plainAuth   = "plain"
	scram256    = "scram-sha-256"
	scram512    = "scram-sha-512"
	oauthBearer = "oauthbearer"
)

// Driver is the connector.
func Driver() connect.Driver { return connect.Driver{Spec: spec(), Source: open} }

func spec() connect.Spec {
	settings := append(brokerSettings(), authSettings()...)
	settings = append(settings, registrySettings()...)
	return connect.Spec{
		Type:     "kafka",
		Title:    "Kafka",
		Streams:  true,
		Summary:  "Reads the topics of a Kafka cluster as feeds, without losing an event or reading past one unseen.",
		Vendor:   "https://kafka.apache.org/documentation/",
		Settings: append(settings, groupSettings()...),
		Notes:    notes(),
	}
}

func brokerSettings() []connect.Setting {
	return []connect.Setting{
		{Name: "brokers", Title: "Brokers", Kind: connect.ListSetting, Required: true, Example: `["127.0.0.1:9092"]`,
			Help: "Addresses to begin with, as host:port. The cluster names its other brokers itself."},
		{Name: "tls", Title: "TLS", Kind: connect.BooleanSetting, Default: "false",
			Help: "Whether the brokers speak TLS. Any of ca_file, client_certificate and server_name turns it on, too."},
		{Name: "ca_file", Title: "Certificate authority", Kind: connect.PathSetting,
			Help: "PEM file of an authority to trust besides the system's, for brokers with private certificates."},
		{Name: "client_certificate", Title: "Client certificate", Kind: connect.PathSetting, Advanced: true,
			Help: "PEM file of the certificate to show to the brokers, for those that want one. It needs client_key."},
		{Name: "client_key", Title: "Client key", Kind: connect.PathSetting, Advanced: true,
			Help: "PEM file of the client certificate's private key, readable by its owner alone and not encrypted."},
		{Name: "server_name", Title: "Server name", Kind: connect.TextSetting, Advanced: true,
			Help: "The name the brokers' certificates were made for, where it is not the host they are reached at."},
	}
}

func authSettings() []connect.Setting {
	return []connect.Setting{
		{Name: "auth", Title: "Sign in", Kind: connect.ChoiceSetting, Default: noAuth,
			Choices: []string{noAuth, plainAuth, scram256, scram512, oauthBearer},
			Help:    "How to sign in (SASL). plain, scram-sha-256 and scram-sha-512 take username and password; oauthbearer takes token, or token_url with client_id and client_secret."},
		{Name: "username", Title: "User", Kind: connect.TextSetting, Example: "freshet", Help: "The user to sign in as."},
		{Name: "password", Title: "Password", Kind: connect.SecretSetting, Example: "${KAFKA_PASSWORD}", Help: "The user's password."},
		{Name: "token", Title: "Token", Kind: connect.SecretSetting, Advanced: true,
			Help: "A token for oauthbearer that is used as it is, until the brokers refuse it."},
		{Name: "token_url", Title: "Token address", Kind: connect.URLSetting, Advanced: true,
			Help: "Where oauthbearer asks for tokens with client credentials. A token is asked for anew before it ends."},
		{Name: "client_id", Title: "Client id", Kind: connect.TextSetting, Advanced: true, Help: "The client that asks for tokens."},
		{Name: "client_secret", Title: "Client secret", Kind: connect.SecretSetting, Advanced: true, Help: "The secret of that client."},
		{Name: "scope", Title: "Scope", Kind: connect.TextSetting, Advanced: true, Help: "The scope to ask tokens for. Without it none is named."},
		{Name: "token_ca_file", Title: "Token certificate authority", Kind: connect.PathSetting, Advanced: true,
			Help: "PEM file of an authority to trust for token_url besides the system's."},
	}
}

func registrySettings() []connect.Setting {
	return []connect.Setting{
		{Name: "registry", Title: "Schema registry", Kind: connect.URLSetting, Example: "http://127.0.0.1:8081",
			Help: "Address of a Confluent schema registry, for events in Avro, Protobuf or JSON with a schema."},
		{Name: "registry_username", Title: "Registry user", Kind: connect.TextSetting, Advanced: true, Help: "The user to ask the registry as."},
		{Name: "registry_password", Title: "Registry password", Kind: connect.SecretSetting, Advanced: true, Help: "That user's password."},
		{Name: "registry_token", Title: "Registry token", Kind: connect.SecretSetting, Advanced: true,
			Help: "A bearer token for the registry, instead of user and password."},
		{Name: "registry_ca_file", Title: "Registry certificate authority", Kind: connect.PathSetting, Advanced: true,
			Help: "PEM file of an authority to trust for the registry besides the system's."},
	}
}

func groupSettings() []connect.Setting {
	return []connect.Setting{
		{Name: "group_prefix", Title: "Group prefix", Kind: connect.TextSetting, Default: "freshet-", Advanced: true,
			Help: "Every feed reads in a consumer group of its own; its name is this and the feed's."},
		{Name: "protocol", Title: "Group protocol", Kind: connect.ChoiceSetting, Default: classicProtocol, Advanced: true,
			Choices: []string{classicProtocol, consumerProtocol},
			Help:    "How a group shares out partitions: classic works with every broker (cooperative rebalances), consumer leaves it to the brokers (KIP-848; Kafka 4.0 and later, best from 4.3 on), and is classic where they do not know it."},
		{Name: "timeout", Title: "Timeout", Kind: connect.DurationSetting, Default: "10s", Advanced: true,
			Help: "How long brokers and registry may take to answer a question."},
		{Name: "session_timeout", Title: "Session timeout", Kind: connect.DurationSetting, Default: "45s", Advanced: true,
			Help: "After how long without a sign of life the group gives up a reader, so that another one takes over."},
		{Name: "rebalance_timeout", Title: "Rebalance timeout", Kind: connect.DurationSetting, Default: "2m", Advanced: true,
			Help: "How long a reader may take to finish what it has in hand when partitions are to move."},
		{Name: "open_transaction", Title: "Open transaction", Kind: connect.DurationSetting, Default: "1m", Advanced: true,
			Help: "How long a transaction that nobody ends may keep events back before the feed says so."},
	}
}

func notes() []string {
	return []string{
		"Freshet keeps its own positions, in the same transaction as what was read. Those are what it goes on from; what it " +
			"commits to Kafka is for lag monitors, and to notice a second reader. Resetting the group's offsets with Kafka's tools moves nothing: " +
			"it is noticed as a commit of somebody else, and the partition stops until a person has decided.",
		"Rights: DESCRIBE and READ on the topics, READ on the group. Nothing is ever written to a topic, and no topic is made by asking for it.",
		"Only committed events of transactions are read (read_committed). An open transaction holds back what stands behind it, " +
			"as it does for every such reader; where that lasts longer than open_transaction, the feed warns of it until it is over. Markers of transactions and gaps that compaction left are not events, and are passed over.",
		"A partition stops, and says so, where going on would lose events unseen: retention removed what was not read yet, the topic was " +
			"deleted and made again, the log was cut by an unclean leader election, or another Freshet commits in the same group. The other " +
			"partitions go on.",
		"Topics that match a pattern, and partitions that are added, are picked up within a minute, and from their beginning.",
	}
}
