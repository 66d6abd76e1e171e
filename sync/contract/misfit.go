package contract

import (
	"fmt"
	"slices"
	"strings"

	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/model"
)

// Shape is one column that rows have.
type Shape struct {
	Name string
	Type string     // DuckDB's name of its type, for people
	Kind model.Kind // how its values come
}

// Misfit is a column of the contract that the rows cannot have as the contract says.
type Misfit struct {
	Column string
	Fault  *fault.Fault // contract.column_missing or contract.column_type, with its place in the contract
}

// Misfits compares the columns that rows have with those of the contract. of names what has them: "the model people".
// Columns that the contract does not name are none of its business.
func (c *Checks) Misfits(of string, shapes []Shape) (list []Misfit) {
	names := make([]string, len(shapes))
	for i, s := range shapes {
		names[i] = s.Name
	}
	for i := range c.Columns {
		col := &c.Columns[i]
		at := slices.IndexFunc(shapes, func(s Shape) bool { return c.index(s.Name) == i })
		if at < 0 {
			list = append(list, c.missing(of, col, names))
		} else if sort := c.tests[i].sort; sort.fits(shapes[at].Kind) == never {
			f := fault.New(fault.Usage, "contract.column_type", fmt.Sprintf("the column %s of %s is %s, and the contract %s says it is %s",
				shapes[at].Name, of, shapes[at].Type, c.Contract, sortNames[sort]))
			list = append(list, Misfit{shapes[at].Name, f.At(where(col.Pos)).Do("cast it in the model's SQL, or change its type in the contract")})
		}
	}
	return list
}

func (c *Checks) missing(of string, col *Column, names []string) Misfit {
	f := fault.New(fault.Usage, "contract.column_missing", fmt.Sprintf("the contract %s has the column %s, and %s does not", c.Contract, col.Name, of)).At(where(col.Pos))
	if near := fault.Nearest(col.Name, names); near != "" && c.index(near) < 0 {
		f.Do("if it is " + near + " there, name it so in the contract, or rename it with AS in the SQL")
	} else {
		f.Do("add it to the model's SQL, or take it out of the contract; the columns are " + strings.Join(names, ", "))
	}
	return Misfit{col.Name, f}
}

// Needs lists the columns whose values have to be looked at: where some value of the column's kind could break a rule.
func (c *Checks) Needs(shapes []Shape) (names []string) {
	for _, s := range shapes {
		if i := c.index(s.Name); i >= 0 && !c.tests[i].idle(s.Kind) {
			names = append(names, s.Name)
		}
	}
	return names
}
