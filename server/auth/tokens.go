package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"hash/crc32"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/freshet/freshet/server/control"
	"github.com/freshet/freshet/server/wire"
	"github.com/freshet/freshet/sync/fault"
	"github.com/freshet/freshet/sync/ledger"
)

// tokenPrefix begins every token, so that those who look for leaked secrets find it. The end is a checksum: what only looks like a
// token is told apart without asking anybody.
const tokenPrefix = "freshet_token_"

// mint makes a token of 256 random bits. Its SHA-256 is all that is kept: with so much chance in it nobody can try tokens out, so a slow
// hash, which passwords need, would only make every request slow.
func mint() (token string, hash []byte) {
	var random [32]byte
	_, _ = rand.Read(random[:])
	token = tokenPrefix + base64.RawURLEncoding.EncodeToString(random[:])
	token += checksum(token)
	return token, hashOf(token)
}

func checksum(text string) string { return fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(text))) }

func hashOf(token string) []byte {
	h := sha256.Sum256([]byte(token))
	return h[:]
}

// isToken says whether a text is one that mint could have made.
func isToken(text string) bool {
	end := len(text) - 8
	return strings.HasPrefix(text, tokenPrefix) && end > 0 && text[end:] == checksum(text[:end])
}

// usualDays and mostDays are how long a token is good.
const (
	usualDays = 90
	mostDays  = 366
)

var tokenName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$`)

// Create makes a token for somebody. Faults auth.name, auth.unknown_role, auth.days, and those of keeping it.
func Create(ctx context.Context, s *control.Service, ask wire.NewToken) (wire.MadeToken, error) {
	if err := check(ask); err != nil {
		return wire.MadeToken{}, err
	}
	by := control.ActorOf(ctx).Name
	if ask.Person == "" {
		ask.Person = by
	}
	if ask.Days == 0 {
		ask.Days = usualDays
	}
	secret, hash := mint()
	now := time.Now()
	k := ledger.Token{ID: "tok_" + strings.ToLower(rand.Text()[:12]), Hash: hash, Name: ask.Name, Person: ask.Person, Role: ask.Role,
		Syncs: ask.Syncs, Made: now, MadeBy: by, Expires: now.AddDate(0, 0, ask.Days)}
	if err := s.AddToken(ctx, k, ask.Why); err != nil {
		return wire.MadeToken{}, err
	}
	return wire.MadeToken{Token: Told(k), Secret: secret}, nil
}

func check(ask wire.NewToken) error {
	switch {
	case !tokenName.MatchString(ask.Name):
		return fault.New(fault.Usage, "auth.name", "a token's name is made of letters, digits, dots, dashes and underscores").Do("name what it is for, such as airflow")
	case !slices.Contains(Roles, Role(ask.Role)):
		return fault.New(fault.Usage, "auth.unknown_role", "there is no such role").Do("it can be viewer, marketer, engineer, steward or admin")
	case ask.Days < 0 || ask.Days > mostDays:
		return fault.New(fault.Usage, "auth.days", "a token is good for at most 366 days").Do("make a new one in time, then revoke the old one")
	}
	return nil
}

// Told is what is told of a token.
func Told(k ledger.Token) wire.Token {
	return wire.Token{ID: k.ID, Name: k.Name, Person: k.Person, Role: k.Role, Syncs: k.Syncs, Made: Moment(k.Made), MadeBy: k.MadeBy,
		Expires: Moment(k.Expires), Revoked: Moment(k.Revoked), Used: Moment(k.Used)}
}

// List tells of every token.
func List(ctx context.Context, s *control.Service) (wire.TokenList, error) {
	out := wire.TokenList{Tokens: []wire.Token{}}
	list, err := s.Tokens(ctx)
	for _, k := range list {
		out.Tokens = append(out.Tokens, Told(k))
	}
	return out, err
}

// Moment is a time as it is told; "" for none.
func Moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
