package salesforce

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"time"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/model"
)

// assertionLife is how long an assertion may be used; Salesforce takes at most five minutes.
const assertionLife = 3 * time.Minute

// assertion is a signed JWT (RFC 7523, RS256) that says: this app asks for a token as this user.
func (c config) assertion(now time.Time) (string, error) {
	claims := []byte(`{"iss":`)
	claims = model.AppendQuoted(claims, c.client)
	claims = append(claims, `,"sub":`...)
	claims = model.AppendQuoted(claims, c.username)
	claims = append(claims, `,"aud":`...)
	claims = model.AppendQuoted(claims, c.login)
	claims = append(claims, `,"exp":`...)
	claims = strconv.AppendInt(claims, now.Add(assertionLife).Unix(), 10)
	claims = append(claims, '}')
	text := encode([]byte(`{"alg":"RS256"}`)) + "." + encode(claims)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, c.key, crypto.SHA256, sum[:])
	if err != nil {
		return "", &connect.CallError{Class: connect.Unauthorized, Code: "jwt.unsigned", Message: "the private key cannot sign", Err: err}
	}
	return text + "." + encode(signature), nil
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
