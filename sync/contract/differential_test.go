package contract_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/freshet/freshet/sync/contract"
	"go.yaml.in/yaml/v3"
)

// TestReadAgreesWithTheSchema damages the published examples at random: what the standard's schema refuses, Read refuses,
// and what it takes, Read takes.
func TestReadAgreesWithTheSchema(t *testing.T) {
	schemas := schemas(t)
	texts := examples(t)
	var names []string
	for name, text := range texts {
		if len(text) < 30_000 {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("FRESHET_SEED"); text != "" {
		seed, _ = strconv.ParseUint(text, 10, 64)
	}
	t.Logf("FRESHET_SEED=%d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	const rounds = 300 // the schema takes its time
	refused := 0
	for range rounds {
		name := names[random.IntN(len(names))]
		var doc yaml.Node
		if err := yaml.Unmarshal(texts[name], &doc); err != nil {
			t.Fatal(err)
		}
		did := damage(random, doc.Content[0])
		text, err := yaml.Marshal(&doc)
		if err != nil {
			t.Fatal(err)
		}
		_, ours := contract.Read(name, text)
		theirs := valid(schemas, plain(t, text))
		if (ours == nil) != (theirs == nil) {
			t.Fatalf("%s, %s:\nRead: %v\nschema: %v\n%s", name, did, ours, theirs, text)
		}
		if ours != nil {
			refused++
		}
	}
	if refused < rounds/6 || refused > rounds*29/30 {
		t.Errorf("%d of %d were refused: the damage proves little", refused, rounds)
	}
}

// damage changes one place of a document and says what it did.
func damage(random *rand.Rand, top *yaml.Node) string {
	var mappings []*yaml.Node
	var walk func(*yaml.Node)
	walk = func(n *yaml.Node) {
		if n.Kind == yaml.MappingNode && len(n.Content) > 0 {
			mappings = append(mappings, n)
		}
		for _, inner := range n.Content {
			walk(inner)
		}
	}
	walk(top)
	n := mappings[random.IntN(len(mappings))]
	at := 2 * random.IntN(len(n.Content)/2)
	key := n.Content[at].Value
	pick := func(list []string) string { return list[random.IntN(len(list))] }
	switch random.IntN(6) {
	case 0:
		n.Content = slices.Delete(n.Content, at, at+2)
		return "without " + key
	case 1:
		other := pick(damageKeys)
		if slices.ContainsFunc(n.Content, func(c *yaml.Node) bool { return c.Value == other }) {
			return "as it is"
		}
		n.Content[at] = scalar(other)
		return key + " is now " + other
	case 2:
		word := pick(damageValues)
		n.Content[at+1] = literal(word)
		return fmt.Sprintf("%s: %s", key, word)
	default:
		other, word := pick(damageKeys), pick(damageValues)
		if slices.ContainsFunc(n.Content, func(c *yaml.Node) bool { return c.Value == other }) {
			return "as it is"
		}
		n.Content = append(n.Content, scalar(other), literal(word))
		return fmt.Sprintf("%s: %s beside %s", other, word, key)
	}
}

func scalar(s string) *yaml.Node {
	n := &yaml.Node{}
	n.SetString(s)
	return n
}

func literal(text string) *yaml.Node {
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
		panic(err)
	}
	return doc.Content[0]
}

var damageKeys = []string{"name", "id", "type", "description", "tags", "logicalType", "logicalTypeOptions", "physicalType", "required",
	"unique", "primaryKey", "primaryKeyPosition", "quality", "metric", "mustBe", "mustBeBetween", "mustBeLessThan", "arguments", "rule",
	"query", "engine", "implementation", "properties", "items", "relationships", "from", "to", "examples", "customProperties", "property",
	"value", "valueExt", "unit", "element", "server", "host", "port", "database", "schema", "location", "catalog", "format", "team",
	"roles", "support", "slaProperties", "dimension", "severity", "pattern", "minLength", "maxLength", "minimum", "maximum",
	"exclusiveMinimum", "multipleOf", "minItems", "uniqueItems", "maxProperties", "timezone", "nonsense", "status", "version", "kind",
	"priceAmount", "url", "username", "role", "channel", "authoritativeDefinitions", "classification", "businessName", "vendor",
	"deprecated", "synonyms", "enum", "map", "semanticType", "context"}

var damageValues = []string{"text", "''", "17", "-3", "1.5", "true", "null", "[]", "{}", "[a, b]", "[1, 2]", "[1, 1]", "2024-05-06",
	"[{name: x}]", "[{property: p, value: null}]", "{name: x}", "string", "integer", "array", "object", "number", "date", "boolean",
	"library", "sql", "custom", "rowCount", "kafka", "snowflake", "postgres", "a.b", "[a.b]", "{minLength: 2}", "{maximum: 5}",
	"{pattern: x}", "{minItems: 0}", "i32", "f64", "{}", "[{username: u}]", "[{metric: rowCount, mustBe: 1}]", "foreignKey",
	"[{to: a.b}]", "[{from: a.b, to: c.d}]", "accuracy", "DataContract", "v3.1.0", "v3.0.2"}
