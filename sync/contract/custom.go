package contract

import (
	"fmt"
	"slices"
	"strings"

	"github.com/freshet/freshet/sync/model"
)

// Policy is what a contract says of the use of a column, in custom properties named freshet.…. What an object or the
// whole contract says holds for every column that says nothing else.
type Policy struct {
	Class                string   // freshet.class, else the classification
	Purposes             []string // freshet.purposes
	ApprovedDestinations []string // freshet.approvedDestinations
	ConsentBasis         string   // freshet.consentBasis
	Masking              string   // freshet.masking
	Placeholder          string   // freshet.placeholder: stands where the source could not give the value
}

// The names of Freshet's custom properties, by where they may stand.
var (
	columnNames = []string{"freshet.class", "freshet.purposes", "freshet.approvedDestinations", "freshet.consentBasis",
		"freshet.masking", "freshet.placeholder"}
	objectNames   = append([]string{"freshet.versionColumn"}, columnNames...)
	contractNames = columnNames
)

// namespace begins the names of Freshet's custom properties; from version 3.2 on the vendor can be named beside.
const namespace = "freshet."

func nameOf(p *CustomProperty) string {
	if p.Vendor+"." == namespace && !strings.HasPrefix(p.Property, namespace) {
		return namespace + p.Property
	}
	return p.Property
}

// refine gives the policy with what these custom properties say of it.
func (c *compiler) refine(base Policy, custom []CustomProperty, valid []string) Policy {
	for i := range custom {
		p := &custom[i]
		name := nameOf(p)
		if !strings.HasPrefix(name, namespace) {
			continue
		}
		if !slices.Contains(valid, name) {
			c.fail(p.Pos, "unknown_property", fmt.Sprintf("there is no custom property %q here", name), suggest(name, valid))
			continue
		}
		switch name {
		case "freshet.class":
			base.Class = c.oneText(p)
		case "freshet.purposes":
			base.Purposes = c.texts(p)
		case "freshet.approvedDestinations":
			base.ApprovedDestinations = c.texts(p)
		case "freshet.consentBasis":
			base.ConsentBasis = c.oneText(p)
		case "freshet.masking":
			base.Masking = c.oneText(p)
		case "freshet.placeholder":
			base.Placeholder = c.oneText(p)
		case "freshet.versionColumn":
			c.out.VersionColumn = c.versionColumn(p)
		}
	}
	return base
}

func (c *compiler) oneText(p *CustomProperty) string {
	if !p.Value.IsText() || p.Value.Scalar() == "" {
		c.fail(p.Pos, "wrong_type", nameOf(p)+" wants text", "write value: and a text")
	}
	return p.Value.Scalar()
}

func (c *compiler) texts(p *CustomProperty) []string {
	texts, ok := p.Value.Texts()
	if !ok {
		c.fail(p.Pos, "wrong_type", nameOf(p)+" wants a list of texts", "write value: [one, two]")
	}
	return texts
}

// versionColumn is the column that orders the versions of a record.
func (c *compiler) versionColumn(p *CustomProperty) string {
	name := c.oneText(p)
	for i := range c.object.Properties {
		of := &c.object.Properties[i]
		if of.Column() == name || of.Name == name {
			return of.Column()
		}
	}
	if name != "" {
		c.fail(p.Pos, "unknown_column", "freshet.versionColumn names "+name+", which is no property of "+c.object.Name,
			suggest(name, c.columnNames()))
	}
	return name
}

func (c *compiler) columnNames() (names []string) {
	for i := range c.object.Properties {
		names = append(names, c.object.Properties[i].Column())
	}
	return names
}

// Owner is who answers for the data: the team's member with the role owner who is still there, else the team, else the
// first channel of support; "" where the contract names nobody.
func (c *Contract) Owner() string {
	if c.Team != nil {
		for _, m := range c.Team.Members {
			if strings.EqualFold(m.Role, "owner") && m.DateOut == "" {
				return m.Username
			}
		}
		if c.Team.Name != "" {
			return c.Team.Name
		}
	}
	for _, s := range c.Support {
		return s.Channel
	}
	return ""
}

// FieldPolicy is the part of the policy that a model's definition says, too.
func (p Policy) FieldPolicy() model.FieldPolicy {
	return model.FieldPolicy{Class: p.Class, Purposes: p.Purposes, Destinations: p.ApprovedDestinations}
}
