package demo

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/freshet/freshet/sync/connect"
)

func (s *Story) makeShop(ctx context.Context) error {
	s.screen.doing("writing %s customers with their orders and consents", number(s.o.Customers))
	if err := makeOf(ctx, s.warehouse(), shopSeed, s.o.Customers); err != nil {
		return err
	}
	n, err := s.numbers(ctx, "(SELECT count(*) FROM shop.customers)", "(SELECT count(*) FROM shop.orders)", "(SELECT count(*) FROM shop.consents)",
		"(SELECT count(*) FROM shop.customers WHERE strlen(first_name || last_name) > length(first_name || last_name))",
		"(SELECT count(*) FROM shop.customers WHERE contains(last_name, '''') OR contains(first_name, '''') OR contains(last_name, '\"') OR contains(last_name, '\\'))",
		"(SELECT count(*) FROM shop.customers WHERE phone LIKE '0%')",
		"(SELECT count(*) FROM shop.customers WHERE customer_id > 9007199254740992)")
	if err != nil {
		return err
	}
	s.screen.tell("A DuckDB file: %s customers, %s orders, %s consents.", number(n[0]), number(n[1]), number(n[2]))
	s.screen.tell("It holds what breaks naive software:")
	widths := []int{-8, 0}
	for i, what := range []string{"names beyond ASCII: Siân, שרה, 李娜, Sky 🌊, é as one code point or two", `names with an apostrophe, a quote or a backslash`,
		"phones with leading zeros", "ids above 2^53, which a float cannot hold"} {
		s.screen.tell("%s", columns(widths, number(n[3+i]), what))
	}
	return nil
}

// numbers asks the warehouse for whole numbers.
func (s *Story) numbers(ctx context.Context, expressions ...string) ([]int64, error) {
	n := make([]int64, len(expressions))
	err := within(ctx, s.warehouse(), func(db connect.SQL) error {
		return db.Query(ctx, "SELECT "+strings.Join(expressions, ", "), func(cells []connect.Cell) error {
			for i, c := range cells {
				var err error
				if n[i], err = strconv.ParseInt(c.Text, 10, 64); err != nil {
					return fmt.Errorf("counting: %w", err)
				}
			}
			return nil
		})
	})
	return n, err
}

func (s *Story) setUp(context.Context) error {
	if err := s.writeWorkspace(); err != nil {
		return err
	}
	widths := []int{12, 28, 0}
	for _, line := range [][]string{
		{"HubSpot", s.receivers.HubSpot.URL(), fmt.Sprintf("allows %d calls in %.0f s", hubspotCalls, hubspotPer.Seconds())},
		{"Salesforce", s.receivers.Salesforce.URL, "Bulk API 2.0 and Collections"},
		{"webhook", s.receivers.Webhook.URL(), "signatures, idempotency keys"},
	} {
		s.screen.tell("%s", columns(widths, line...))
	}
	s.screen.quiet("They are stand-ins that speak the vendors' protocols. Nothing leaves this machine.")
	s.screen.say("")
	widths = []int{18, 6, 0}
	s.screen.tell("%s  has three syncs:", s.screen.paint(bold, "freshet.yaml"))
	for _, line := range [][]string{
		{toCRM, "upsert", "customers → HubSpot contacts, by e-mail"},
		{toSales, "upsert", "customers → Salesforce Contact, by external id"},
		{toHook, "mirror", "who pays → webhook, which holds nobody else"},
	} {
		s.screen.tell("%s", columns(widths, line...))
	}
	s.screen.quiet("%s", s.Dir)
	return nil
}
