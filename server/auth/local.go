package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"os/user"
	"time"
)

// Principal is whoever asks.
type Principal struct {
	Name    string    // the person; kept with what is done
	Token   string    // id of the token that was shown; "" for the owner of this machine
	Role    Role      // what may be done
	Syncs   []string  // to what; none: everything
	Expires time.Time // of the token; zero: with the server
}

// Key tells those who ask apart, one person's tokens too.
func (p Principal) Key() string {
	if p.Token != "" {
		return p.Token
	}
	return "owner:" + p.Name
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
	return &Local{owner: Principal{Name: Owner(), Role: Admin}, hash: sha256.Sum256([]byte(token))}, token
}

// who says whose a token is. Tokens are compared by their hashes, in a time that tells nothing about them.
func (l *Local) who(token string) (Principal, error) {
	hash := sha256.Sum256([]byte(token))
	if subtle.ConstantTimeCompare(hash[:], l.hash[:]) != 1 {
		return Principal{}, refused("the token is not one that is known here")
	}
	return l.owner, nil
}

// Owner is the name of whoever runs this process.
func Owner() string {
	u, err := user.Current()
	if err != nil || u.Username == "" {
		return "the owner"
	}
	return u.Username
}
