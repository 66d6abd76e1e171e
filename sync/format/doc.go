// Package format turns the bytes of one side of an event into a tree of exact values: JSON, JSON Schema, Avro and
// Protobuf, framed for a schema registry or not, with the named types of Kafka Connect and Debezium.
//
// It must not know envelopes, keys, topics or where schemas come from: a lookup is a function it is given. Bytes that
// cannot be read are a Problem, never a panic and never a guess; what the lookup answers stays apart from that.
package format
