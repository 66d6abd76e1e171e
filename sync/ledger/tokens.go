package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"github.com/freshet/freshet/sync/fault"
)

// Token is what is kept of a token: never the token itself.
type Token struct {
	ID      string // "tok_…"
	Hash    []byte // SHA-256 of the token
	Name    string // one live token has it
	Person  string // whose it is: what is done with it this person does
	Role    string
	Syncs   []string // what it is good for; none: everything
	Made    time.Time
	MadeBy  string
	Expires time.Time
	Revoked time.Time // zero: it is not
	Used    time.Time // zero: never
}

// AddToken keeps a token; the act of ctx is noted with it. Fault ledger.token_exists where a live token has its name.
func (l *Ledger) AddToken(ctx context.Context, k Token) error {
	syncs, err := json.Marshal(append([]string{}, k.Syncs...))
	if err != nil {
		return err
	}
	return l.writer.do(ctx, func(t *tx) error {
		_, taken, err := t.one(`SELECT 1 FROM tokens WHERE name = ? AND revoked = 0`, k.Name)
		if err != nil {
			return err
		}
		if taken {
			return fault.New(fault.Usage, "ledger.token_exists", "there is a token of that name").Do("give it another name, or revoke the one there is")
		}
		if _, err := t.exec(`INSERT INTO tokens (id, hash, name, person, role, syncs, made, made_by, expires) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			k.ID, k.Hash, k.Name, k.Person, k.Role, string(syncs), orNow(k.Made), k.MadeBy, micros(k.Expires)); err != nil {
			return err
		}
		return t.noted(ctx)
	})
}

// RevokeToken ends a token, from the next request on; the act of ctx is noted with it. Fault ledger.no_token where none that lives
// has this id.
func (l *Ledger) RevokeToken(ctx context.Context, id string) error {
	return l.writer.do(ctx, func(t *tx) error {
		_, lives, err := t.one(`SELECT 1 FROM tokens WHERE id = ? AND revoked = 0`, id)
		if err != nil {
			return err
		}
		if !lives {
			return NoToken()
		}
		if _, err := t.exec(`UPDATE tokens SET revoked = ?2 WHERE id = ?1`, id, orNow(time.Time{})); err != nil {
			return err
		}
		return t.noted(ctx)
	})
}

// NoToken is the fault of asking for a token that is not there.
func NoToken() error {
	return fault.New(fault.Usage, "ledger.no_token", "there is no token of that name, or it is revoked").Do("list those there are: freshet token list")
}

// UsedToken keeps when a token was used last.
func (l *Ledger) UsedToken(ctx context.Context, id string, at time.Time) error {
	return l.writer.do(ctx, func(t *tx) error {
		_, err := t.exec(`UPDATE tokens SET used = max(used, ?2) WHERE id = ?1`, id, micros(at))
		return err
	})
}

// TokenByHash finds a token by its hash, a revoked or expired one too. Looking it up takes a time that tells of the hash of what was
// shown, which nobody can choose, and nothing of a token.
func (r *Reader) TokenByHash(ctx context.Context, hash []byte) (k Token, ok bool, err error) {
	list, err := r.tokens(ctx, `WHERE hash = ?`, hash)
	if err != nil || len(list) == 0 {
		return Token{}, false, err
	}
	return list[0], true, nil
}

// Tokens lists every token, revoked ones too, by name.
func (r *Reader) Tokens(ctx context.Context) ([]Token, error) {
	return r.tokens(ctx, `ORDER BY name, made`)
}

func (r *Reader) tokens(ctx context.Context, where string, args ...any) (list []Token, err error) {
	err = r.each(ctx, `SELECT id, hash, name, person, role, syncs, made, made_by, expires, revoked, used FROM tokens `+where, args,
		func(rows *sql.Rows) error {
			var k Token
			var syncs string
			var made, expires, revoked, used int64
			if err := rows.Scan(&k.ID, &k.Hash, &k.Name, &k.Person, &k.Role, &syncs, &made, &k.MadeBy, &expires, &revoked, &used); err != nil {
				return err
			}
			k.Made, k.Expires, k.Revoked, k.Used = fromMicros(made), fromMicros(expires), fromMicros(revoked), fromMicros(used)
			list = append(list, k)
			return json.Unmarshal([]byte(syncs), &list[len(list)-1].Syncs)
		})
	return list, err
}
