// Package kafkafake is a Kafka cluster and a Confluent schema registry on loopback, for tests, benchmarks and the
// demonstration: brokers that speak Kafka's protocol and go wrong on demand, and a registry that speaks HTTP.
//
// It must not know the connector: it is what the connector is tested against. The brokers are franz-go's kfake, the
// registry is its srfake; what is here starts, stops and fills them.
package kafkafake
