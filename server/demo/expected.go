package demo

import (
	"context"
	"strings"

	"github.com/freshet/freshet/sync/connect"
)

// expectation says in SQL of its own, over the warehouse alone, what a receiver must hold.
type expectation struct {
	sync   string
	from   string
	key    string
	fields []expectedField
	leave  string // what becomes of those who left: "archived", "kept", "deleted"
}

// expectedField is a field of the receiver and the text it must have there.
type expectedField struct{ name, sql string }

// row is one record: its key, and the fields' texts in the order of the expectation. An empty text is no value.
type row struct {
	key    string
	values []string
}

const customersFrom = "shop.customers c"

// shortest writes an amount without the zeros at its end, as Salesforce keeps numbers.
const shortest = `regexp_replace(c.ltv::VARCHAR, '\.?0+$', '')`

func expectations() []expectation {
	return []expectation{
		{toCRM, customersFrom, "c.customer_id::VARCHAR", []expectedField{{"customer_id", "c.customer_id::VARCHAR"}, {"email", "lower(c.email)"},
			{"firstname", "c.first_name"}, {"lastname", "c.last_name"}, {"phone", "c.phone"}, {"city", "c.city"}, {"plan", "upper(c.plan)"},
			{"ltv", "c.ltv::VARCHAR"}, {"lifecyclestage", "'customer'"},
			{"newsletter", "exists(FROM shop.consents s WHERE s.customer_id = c.customer_id AND s.purpose = 'advertising' AND s.granted)::VARCHAR"},
		}, "archived"},
		{toSales, customersFrom, "c.customer_id::VARCHAR", []expectedField{{"External_Id__c", "c.customer_id::VARCHAR"}, {"FirstName", "c.first_name"},
			{"LastName", "c.last_name"}, {"Email", "c.email"}, {"Phone", "c.phone"}, {"MailingCity", "c.city"}, {"Plan__c", "c.plan"},
			{"Lifetime_Value__c", shortest},
		}, "kept"},
		{toHook, customersFrom + " WHERE c.plan IN ('pro', 'team')", "c.customer_id::VARCHAR", []expectedField{{"id", "c.customer_id::VARCHAR"},
			{"email", "c.email"}, {"name.first", "c.first_name"}, {"name.last", "c.last_name"}, {"plan", "upper(c.plan)"},
			{"money.ltv", "c.ltv::VARCHAR"}, {"source", "'shop'"},
			{"orders", "(SELECT count(*) FROM shop.orders o WHERE o.customer_id = c.customer_id)::VARCHAR"},
		}, "deleted"},
	}
}

// expected reads from the warehouse what a receiver must hold now.
func (s *Story) expected(ctx context.Context, e expectation) (rows []row, err error) {
	columns := []string{e.key}
	for _, f := range e.fields {
		columns = append(columns, f.sql)
	}
	err = within(ctx, s.warehouse(), func(db connect.SQL) error {
		return db.Query(ctx, "SELECT "+strings.Join(columns, ", ")+" FROM "+e.from, func(cells []connect.Cell) error {
			r := row{key: cells[0].Text, values: make([]string, len(cells)-1)}
			for i, c := range cells[1:] {
				if !c.Null {
					r.values[i] = c.Text
				}
			}
			rows = append(rows, r)
			return nil
		})
	})
	return rows, err
}
