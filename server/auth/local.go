package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"os/user"
	"strings"

	"github.com/freshet/freshet/sync/fault"
)

// Principal is whoever asks.
type Principal struct {
	Name string // kept with what is done
}

// Local lets the owner of this machine's workspace in: whoever shows the token that lies in the data directory.
type Local struct {
	owner Principal
	hash  [sha256.Size]byte
}

// NewLocal makes a token and what knows it. The token is kept nowhere but by the caller.
func NewLocal() (l *Local, token string) {
	var random [32]byte
	_, _ = rand.Read(random[:])
	token = "freshet_local_" + base64.RawURLEncoding.EncodeToString(random[:])
	return &Local{owner: Principal{Name: Owner()}, hash: sha256.Sum256([]byte(token))}, token
}

// Who says who shows an Authorization header. Fault auth.token where it has no token, or one that nobody knows. Tokens are compared
// by their hashes, in a time that tells nothing about them.
func (l *Local) Who(authorization string) (Principal, error) {
	scheme, token, _ := strings.Cut(authorization, " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return Principal{}, refused("no token was shown")
	}
	hash := sha256.Sum256([]byte(strings.TrimSpace(token)))
	if subtle.ConstantTimeCompare(hash[:], l.hash[:]) != 1 {
		return Principal{}, refused("the token is not one that is known here")
	}
	return l.owner, nil
}

func refused(message string) error {
	return fault.New(fault.Denied, "auth.token", message).
		Do("send the header Authorization: Bearer TOKEN, with the token from server.json in the workspace's data directory")
}

// Owner is the name of whoever runs this process.
func Owner() string {
	u, err := user.Current()
	if err != nil || u.Username == "" {
		return "the owner"
	}
	return u.Username
}
