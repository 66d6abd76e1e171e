package model

// SchemaRef names a schema of a registry: by its number, or by its GUID where that is not zero.
type SchemaRef struct {
	ID   int
	GUID [16]byte
}

// SchemaKind is the language of a schema.
type SchemaKind uint8

// The kinds of schemas.
const (
	AvroSchema SchemaKind = iota
	ProtobufSchema
	JSONSchema
)

// Schema is one schema as a registry keeps it, its references resolved.
type Schema struct {
	Kind       SchemaKind
	Text       string
	References []NamedSchema // what Text imports, each before those that import it
}

// NamedSchema is a schema under the name another one imports it by.
type NamedSchema struct {
	Name string
	Text string
}
