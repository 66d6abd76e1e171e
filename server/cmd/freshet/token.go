package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/freshet/freshet/server/auth"
	"github.com/freshet/freshet/server/client"
	"github.com/freshet/freshet/server/config"
	"github.com/freshet/freshet/server/control"
	"github.com/freshet/freshet/server/wire"
	"github.com/freshet/freshet/sync/ledger"
	"github.com/spf13/cobra"
)

// grants is who is asked about tokens: the workspace itself, or the server that has it.
type grants interface {
	CreateToken(ctx context.Context, ask wire.NewToken) (wire.MadeToken, error)
	Tokens(ctx context.Context) (wire.TokenList, error)
	RevokeToken(ctx context.Context, name, why string) (wire.Token, error)
}

// ownGrants is the workspace itself.
type ownGrants struct{ *control.Service }

func (g ownGrants) CreateToken(ctx context.Context, ask wire.NewToken) (wire.MadeToken, error) {
	return auth.Create(ctx, g.Service, ask)
}

func (g ownGrants) Tokens(ctx context.Context) (wire.TokenList, error) {
	return auth.List(ctx, g.Service)
}

func (g ownGrants) RevokeToken(ctx context.Context, name, why string) (wire.Token, error) {
	k, err := g.Service.RevokeToken(ctx, name, why)
	return auth.Told(k), err
}

// granting opens the workspace, or finds the server that has it.
func (a *app) granting(ctx context.Context, each func(context.Context, grants) error) error {
	ws, err := a.loadTold()
	if err != nil {
		return err
	}
	ctx = control.WithActor(ctx, control.Actor{Name: auth.Owner()})
	if ledger.InUse(ws.DataDir) {
		if server, found := client.Find(ctx, ws.DataDir, ws.Name); found {
			return each(ctx, server)
		}
	}
	return a.serveLoaded(ws, func(_ *config.Workspace, s *control.Service) error { return each(ctx, ownGrants{s}) })
}

// tokenCommand makes tokens for programs and people, lists and revokes them.
func (a *app) tokenCommand() *cobra.Command {
	c := &cobra.Command{Use: "token", Short: "Tokens for the API: make, list and revoke them", Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return c.Help()
			}
			return unknownCommand(c, args[0])
		}}
	c.AddCommand(a.tokenCreateCommand(), a.tokenListCommand(), a.tokenRevokeCommand())
	return c
}

func (a *app) tokenCreateCommand() *cobra.Command {
	var ask wire.NewToken
	expires := "90d"
	c := &cobra.Command{
		Use: "create", Short: "Make a token and show it, this once", Args: needs(),
		RunE: func(c *cobra.Command, _ []string) error {
			var err error
			if ask.Days, err = days(expires); err != nil {
				return err
			}
			return a.granting(c.Context(), func(ctx context.Context, g grants) error {
				made, err := g.CreateToken(ctx, ask)
				if err != nil {
					return err
				}
				return a.printOr(made, func() {
					fmt.Fprintln(a.out, made.Secret)
					fmt.Fprintf(a.err, "this is shown once: keep it where secrets are kept. %s is good until %s\n", made.Name, moment(made.Expires))
				})
			})
		},
	}
	c.Flags().StringVar(&ask.Name, "name", "", "what it is for, such as airflow")
	c.Flags().StringVar(&ask.Role, "role", "", "what it may do: viewer, marketer, engineer, steward or admin; docs/ACCESS.md says what each may")
	c.Flags().StringSliceVar(&ask.Syncs, "sync", nil, "a sync it is good for, several times for several; without it everything")
	c.Flags().StringVar(&ask.Person, "for", "", "whose it is: what is done with it this person does; without it you")
	c.Flags().StringVar(&expires, "expires", expires, "how many days it is good, at most 366d")
	c.Flags().StringVar(&ask.Why, "why", "", "the reason, for the audit log")
	return c
}

// days reads 90d.
func days(text string) (int, error) {
	n, err := strconv.Atoi(strings.TrimSuffix(text, "d"))
	if err != nil || n < 1 || !strings.HasSuffix(text, "d") {
		return 0, usage("cli.bad_flag", "--expires is not a number of days", "write --expires 90d")
	}
	return n, nil
}

func (a *app) tokenListCommand() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "Every token, with its role, its end and when it was used last", Args: needs(),
		RunE: func(c *cobra.Command, _ []string) error {
			return a.granting(c.Context(), func(ctx context.Context, g grants) error {
				list, err := g.Tokens(ctx)
				if err != nil {
					return err
				}
				return a.printOr(list, func() { a.showTokens(list.Tokens) })
			})
		},
	}
}

func (a *app) showTokens(list []wire.Token) {
	if len(list) == 0 {
		fmt.Fprintf(a.out, "there are no tokens\n→ %s makes one\n", a.do("token create --name NAME --role ROLE"))
		return
	}
	t := table{heads: []string{"name", "id", "for", "role", "syncs", "until", "used", ""}}
	for _, k := range list {
		syncs, used, state := "all", "never", ""
		if len(k.Syncs) > 0 {
			syncs = strings.Join(k.Syncs, ", ")
		}
		if k.Used != "" {
			used = moment(k.Used)
		}
		if until, err := time.Parse(time.RFC3339, k.Expires); err == nil && !until.After(time.Now()) {
			state = "expired"
		}
		if k.Revoked != "" {
			state = "revoked"
		}
		t.add(clean(k.Name), k.ID, clean(k.Person), k.Role, clean(syncs), moment(k.Expires), used, state)
	}
	t.print(a.out, a.painter(a.outTerminal))
}

func (a *app) tokenRevokeCommand() *cobra.Command {
	why := ""
	c := &cobra.Command{
		Use: "revoke NAME", Short: "End a token, from the next request on", Args: needs("NAME"),
		RunE: func(c *cobra.Command, args []string) error {
			return a.granting(c.Context(), func(ctx context.Context, g grants) error {
				k, err := g.RevokeToken(ctx, args[0], why)
				if err != nil {
					return err
				}
				return a.printOr(k, func() { fmt.Fprintf(a.out, "%s is revoked\n", clean(k.Name)) })
			})
		},
	}
	c.Flags().StringVar(&why, "why", "", "the reason, for the audit log")
	return c
}
