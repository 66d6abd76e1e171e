package contract

import "github.com/freshet/freshet/sync/model"

// Object is one table, view, topic or file.
type Object struct {
	ID            string           `yaml:"id" odcs:"id"`
	Name          string           `yaml:"name" odcs:"required"`
	PhysicalName  string           `yaml:"physicalName"`
	PhysicalType  string           `yaml:"physicalType"`
	LogicalType   string           `yaml:"logicalType" odcs:"one=object"`
	BusinessName  string           `yaml:"businessName"`
	Description   string           `yaml:"description"`
	Granularity   string           `yaml:"dataGranularityDescription"`
	Deprecated    *bool            `yaml:"deprecated" odcs:"since=3.2"`
	Synonyms      []Synonym        `yaml:"synonyms" odcs:"since=3.2"`
	Context       *Context         `yaml:"context" odcs:"since=3.2"`
	Definitions   []Definition     `yaml:"authoritativeDefinitions"`
	Tags          []string         `yaml:"tags"`
	Relationships []Relationship   `yaml:"relationships"`
	Properties    []Property       `yaml:"properties" odcs:"named"`
	Quality       []Quality        `yaml:"quality"`
	Custom        []CustomProperty `yaml:"customProperties"`
	Pos           model.Pos        `yaml:"-"`
}

// Property is one column or, inside of an object, a member of it. The items of a list need no name.
type Property struct {
	ID               string           `yaml:"id" odcs:"id"`
	Name             string           `yaml:"name"`
	PhysicalName     string           `yaml:"physicalName"`
	BusinessName     string           `yaml:"businessName"`
	Description      string           `yaml:"description"`
	LogicalType      string           `yaml:"logicalType" odcs:"one=string|date|timestamp|time|number|integer|object|array|boolean|map@3.2|vector@3.2"`
	Options          *Options         `yaml:"logicalTypeOptions"`
	PhysicalType     string           `yaml:"physicalType"`
	PrimaryKey       *bool            `yaml:"primaryKey"`
	PrimaryKeyPos    *int             `yaml:"primaryKeyPosition"`
	Required         *bool            `yaml:"required"`
	Unique           *bool            `yaml:"unique"`
	Partitioned      *bool            `yaml:"partitioned"`
	PartitionKeyPos  *int             `yaml:"partitionKeyPosition"`
	SemanticType     string           `yaml:"semanticType" odcs:"since=3.2,one=column|measure|dimension"`
	Deprecated       *bool            `yaml:"deprecated" odcs:"since=3.2"`
	Synonyms         []Synonym        `yaml:"synonyms" odcs:"since=3.2"`
	Classification   string           `yaml:"classification"`
	Critical         *bool            `yaml:"criticalDataElement"`
	EncryptedName    string           `yaml:"encryptedName"`
	TransformSources []string         `yaml:"transformSourceObjects"`
	TransformLogic   string           `yaml:"transformLogic"`
	TransformText    string           `yaml:"transformDescription"`
	Examples         []Any            `yaml:"examples"`
	Enum             []EnumValue      `yaml:"enum" odcs:"since=3.2,filled"`
	Definitions      []Definition     `yaml:"authoritativeDefinitions"`
	Tags             []string         `yaml:"tags"`
	Relationships    []Relationship   `yaml:"relationships"`
	Quality          []Quality        `yaml:"quality"`
	Custom           []CustomProperty `yaml:"customProperties"`
	Properties       []Property       `yaml:"properties" odcs:"named"` // of an object
	Items            *Property        `yaml:"items"`                   // of a list
	Map              *MapTypes        `yaml:"map" odcs:"since=3.2"`
	Pos              model.Pos        `yaml:"-"`
}

// MapTypes are the types of a map's keys and values.
type MapTypes struct {
	Key   *Property `yaml:"key" odcs:"required"`
	Value *Property `yaml:"value" odcs:"required"`
}

// Options say more about a logical type; which of them a type has is in optionsOf.
type Options struct {
	MinLength        *int      `yaml:"minLength" odcs:"count"`
	MaxLength        *int      `yaml:"maxLength" odcs:"count"`
	Pattern          string    `yaml:"pattern"`
	Format           string    `yaml:"format"`
	Minimum          Any       `yaml:"minimum"`
	Maximum          Any       `yaml:"maximum"`
	ExclusiveMinimum Any       `yaml:"exclusiveMinimum"`
	ExclusiveMaximum Any       `yaml:"exclusiveMaximum"`
	MultipleOf       Any       `yaml:"multipleOf" odcs:"number"`
	Timezone         *bool     `yaml:"timezone"`
	DefaultTimezone  string    `yaml:"defaultTimezone"`
	MinItems         *int      `yaml:"minItems" odcs:"count"`
	MaxItems         *int      `yaml:"maxItems" odcs:"count"`
	UniqueItems      *bool     `yaml:"uniqueItems"`
	MinProperties    *int      `yaml:"minProperties" odcs:"count"`
	MaxProperties    *int      `yaml:"maxProperties" odcs:"count"`
	Required         []string  `yaml:"required" odcs:"filled"`
	Dimensions       *int      `yaml:"dimensions" odcs:"count"`
	ElementType      string    `yaml:"elementType" odcs:"one=bfloat16|binary|float16|float32|float64|int8|uint8"`
	DistanceMetric   string    `yaml:"distanceMetric" odcs:"one=cosine|dotProduct|euclidean|hamming|manhattan"`
	EmbeddingModel   string    `yaml:"embeddingModel"`
	EmbeddingVersion string    `yaml:"embeddingModelVersion"`
	Normalized       *bool     `yaml:"normalized"`
	Pos              model.Pos `yaml:"-"`
}

// Synonym is another name that people use.
type Synonym struct {
	ID          string           `yaml:"id" odcs:"id"`
	Synonym     string           `yaml:"synonym" odcs:"required"`
	Description string           `yaml:"description"`
	Locale      string           `yaml:"locale"`
	Source      string           `yaml:"source"`
	Status      string           `yaml:"status"`
	Custom      []CustomProperty `yaml:"customProperties"`
}

// EnumValue is one value that a column may have.
type EnumValue struct {
	Value       Any              `yaml:"value" odcs:"required,scalar"`
	Label       string           `yaml:"label"`
	ID          string           `yaml:"id" odcs:"id"`
	Description string           `yaml:"description"`
	Custom      []CustomProperty `yaml:"customProperties"`
	Definitions []Definition     `yaml:"authoritativeDefinitions"`
	Tags        []string         `yaml:"tags"`
}

// Relationship ties columns to those of another object. In a property, From is the property itself.
type Relationship struct {
	ID     string           `yaml:"id" odcs:"since=3.2"`
	Type   string           `yaml:"type" odcs:"one=foreignKey"`
	From   *References      `yaml:"from"`
	To     *References      `yaml:"to" odcs:"required"`
	Custom []CustomProperty `yaml:"customProperties"`
	Pos    model.Pos        `yaml:"-"`
}

// References are one or several paths to columns: "orders.customer_id".
type References struct {
	Names []string
	List  bool // written as a list
}

// Quality is one rule about the data.
type Quality struct {
	ID              string           `yaml:"id" odcs:"id"`
	Name            string           `yaml:"name"`
	Type            string           `yaml:"type" odcs:"one=text|library|sql|custom"`
	Metric          string           `yaml:"metric" odcs:"one=nullValues|missingValues|invalidValues|duplicateValues|rowCount"`
	Rule            string           `yaml:"rule"`
	Arguments       Any              `yaml:"arguments" odcs:"mapping"`
	MustBe          Any              `yaml:"mustBe"`
	MustNotBe       Any              `yaml:"mustNotBe"`
	MustBeAbove     Any              `yaml:"mustBeGreaterThan" odcs:"number"`
	MustBeAtLeast   Any              `yaml:"mustBeGreaterOrEqualTo" odcs:"number"`
	MustBeBelow     Any              `yaml:"mustBeLessThan" odcs:"number"`
	MustBeAtMost    Any              `yaml:"mustBeLessOrEqualTo" odcs:"number"`
	MustBeWithin    []Any            `yaml:"mustBeBetween" odcs:"number,pair"`
	MustNotBeWithin []Any            `yaml:"mustNotBeBetween" odcs:"number,pair"`
	Unit            string           `yaml:"unit"`
	Query           string           `yaml:"query"`
	Engine          string           `yaml:"engine"`
	Implementation  Any              `yaml:"implementation" odcs:"textOrMapping"`
	Dimension       string           `yaml:"dimension" odcs:"one=accuracy|completeness|conformity|consistency|coverage|timeliness|uniqueness"`
	Method          string           `yaml:"method"`
	Severity        string           `yaml:"severity"`
	BusinessImpact  string           `yaml:"businessImpact"`
	Description     string           `yaml:"description"`
	Scheduler       string           `yaml:"scheduler"`
	Schedule        string           `yaml:"schedule"`
	Definitions     []Definition     `yaml:"authoritativeDefinitions"`
	Tags            []string         `yaml:"tags"`
	Custom          []CustomProperty `yaml:"customProperties"`
	Pos             model.Pos        `yaml:"-"`
}

func yes(b *bool) bool { return b != nil && *b }

// Column is the name of the column in the data: the physical name where there is one.
func (p *Property) Column() string {
	if p.PhysicalName != "" {
		return p.PhysicalName
	}
	return p.Name
}
