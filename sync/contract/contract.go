package contract

import (
	"github.com/freshet/freshet/sync/model"
	"go.yaml.in/yaml/v3"
)

// Contract is one data contract. Names and meaning of the fields are the standard's; where a key came with a later
// version than 3.1, its tag says so.
type Contract struct {
	APIVersion      string           `yaml:"apiVersion" odcs:"required,one=v3.2.0|v3.1.0|v3.0.2|v3.0.1|v3.0.0|v2.2.2|v2.2.1|v2.2.0"`
	Kind            string           `yaml:"kind" odcs:"required,one=DataContract"`
	ID              string           `yaml:"id" odcs:"required"`
	Version         string           `yaml:"version" odcs:"required"`
	Status          string           `yaml:"status" odcs:"required,optional=3.2"`
	Name            string           `yaml:"name"`
	Tenant          string           `yaml:"tenant"`
	Domain          string           `yaml:"domain"`
	DataProduct     string           `yaml:"dataProduct"`
	Description     *Description     `yaml:"description"`
	Definitions     []Definition     `yaml:"authoritativeDefinitions"`
	Context         *Context         `yaml:"context" odcs:"since=3.2"`
	Servers         []Server         `yaml:"servers"`
	Schema          []Object         `yaml:"schema"`
	Support         []Support        `yaml:"support"`
	Price           *Price           `yaml:"price"`
	Team            *Team            `yaml:"team"`
	Roles           []Role           `yaml:"roles"`
	SLADefault      string           `yaml:"slaDefaultElement"`
	SLA             []SLA            `yaml:"slaProperties"`
	Tags            []string         `yaml:"tags"`
	Custom          []CustomProperty `yaml:"customProperties"`
	ContractCreated string           `yaml:"contractCreatedTs"`
	Pos             model.Pos        `yaml:"-"`

	doc *yaml.Node // as it was read: Write keeps its comments and the order of its keys
}

// Description says what the data is for.
type Description struct {
	Purpose     string           `yaml:"purpose"`
	Limitations string           `yaml:"limitations"`
	Usage       string           `yaml:"usage"`
	Definitions []Definition     `yaml:"authoritativeDefinitions"`
	Custom      []CustomProperty `yaml:"customProperties"`
}

// Definition links to more about a part of the contract.
type Definition struct {
	ID          string `yaml:"id" odcs:"id"`
	URL         string `yaml:"url" odcs:"required"`
	Type        string `yaml:"type" odcs:"required"`
	Description string `yaml:"description"`
}

// CustomProperty is a key and value that the standard does not define. Those of Freshet are named freshet.….
type CustomProperty struct {
	ID          string    `yaml:"id" odcs:"id"`
	Property    string    `yaml:"property" odcs:"required"`
	Value       Any       `yaml:"value" odcs:"required"`
	Vendor      string    `yaml:"vendor" odcs:"since=3.2"`
	Description string    `yaml:"description"`
	Pos         model.Pos `yaml:"-"`
}

// Support is a channel on which people can be asked.
type Support struct {
	ID            string           `yaml:"id" odcs:"id"`
	Channel       string           `yaml:"channel" odcs:"required"`
	URL           string           `yaml:"url"`
	Description   string           `yaml:"description"`
	Tool          string           `yaml:"tool"`
	Scope         string           `yaml:"scope"`
	InvitationURL string           `yaml:"invitationUrl"`
	Custom        []CustomProperty `yaml:"customProperties"`
}

// Price is what the data costs.
type Price struct {
	ID       string `yaml:"id" odcs:"id"`
	Amount   Any    `yaml:"priceAmount" odcs:"number"`
	Currency string `yaml:"priceCurrency"`
	Unit     string `yaml:"priceUnit"`
}

// Role is a way of access to the data.
type Role struct {
	ID              string           `yaml:"id" odcs:"id"`
	Role            string           `yaml:"role" odcs:"required"`
	Description     string           `yaml:"description"`
	Access          string           `yaml:"access"`
	FirstApprovers  string           `yaml:"firstLevelApprovers"`
	SecondApprovers string           `yaml:"secondLevelApprovers"`
	Custom          []CustomProperty `yaml:"customProperties"`
}

// SLA is one promise about the data as a whole.
type SLA struct {
	ID          string           `yaml:"id" odcs:"id"`
	Property    string           `yaml:"property" odcs:"required"`
	Value       Any              `yaml:"value" odcs:"required,scalar"`
	ValueExt    Any              `yaml:"valueExt" odcs:"scalar"`
	Unit        string           `yaml:"unit"`
	Element     string           `yaml:"element"`
	Driver      string           `yaml:"driver"`
	Description string           `yaml:"description"`
	Scheduler   string           `yaml:"scheduler"`
	Schedule    string           `yaml:"schedule"`
	Custom      []CustomProperty `yaml:"customProperties" odcs:"since=3.2"`
	Definitions []Definition     `yaml:"authoritativeDefinitions" odcs:"since=3.2"`
	Pos         model.Pos        `yaml:"-"`
}

// Team is who answers for the data. Before version 3.1 it was a list of its members.
type Team struct {
	ID          string           `yaml:"id" odcs:"id"`
	Name        string           `yaml:"name"`
	Description string           `yaml:"description"`
	Members     []Member         `yaml:"members" odcs:"short"`
	Tags        []string         `yaml:"tags"`
	Custom      []CustomProperty `yaml:"customProperties"`
	Definitions []Definition     `yaml:"authoritativeDefinitions"`
}

// Member is one person of a team.
type Member struct {
	ID          string           `yaml:"id" odcs:"id"`
	Username    string           `yaml:"username" odcs:"required"`
	Name        string           `yaml:"name"`
	Description string           `yaml:"description"`
	Role        string           `yaml:"role"`
	DateIn      string           `yaml:"dateIn"`
	DateOut     string           `yaml:"dateOut"`
	ReplacedBy  string           `yaml:"replacedByUsername"`
	Tags        []string         `yaml:"tags"`
	Custom      []CustomProperty `yaml:"customProperties"`
	Definitions []Definition     `yaml:"authoritativeDefinitions"`
}

// Context is what a language model is told about the data; a plain text is its instructions.
type Context struct {
	Instructions string       `yaml:"instructions" odcs:"short"`
	Statements   []Statement  `yaml:"verifiedStatements"`
	Constraints  []Constraint `yaml:"constraints"`
}

// Statement is a question about the data with its answer.
type Statement struct {
	ID          string           `yaml:"id"`
	Question    string           `yaml:"question" odcs:"required"`
	Answer      string           `yaml:"answer"`
	Definitions []Definition     `yaml:"authoritativeDefinitions"`
	Tags        []string         `yaml:"tags"`
	Custom      []CustomProperty `yaml:"customProperties"`
}

// Constraint is something the data must not be used for.
type Constraint struct {
	ID          string           `yaml:"id"`
	Constraint  string           `yaml:"constraint" odcs:"required"`
	Definitions []Definition     `yaml:"authoritativeDefinitions"`
	Tags        []string         `yaml:"tags"`
	Custom      []CustomProperty `yaml:"customProperties"`
}
