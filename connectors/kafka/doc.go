// Package kafka reads topics of a Kafka cluster as streams of events, and schemas of a Confluent schema registry.
//
// It must not know what an event means or where it goes: formats, feeds and the ledger are above it. What it hears from
// outside (names of commits, words of brokers and registries) never reaches people unchecked.
package kafka
