package httpcall

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/freshet/freshet/sync/connect"
	"github.com/freshet/freshet/sync/fault"
)

// SigningKey reads a secret of Standard Webhooks: base64 after whsec_, else the bytes of the text; nil where none is set. code is
// that of the fault where it cannot be read.
func SigningKey(secret connect.Secret, code string) ([]byte, error) {
	text, encoded := strings.CutPrefix(secret.Reveal(), "whsec_")
	if text == "" && !encoded {
		return nil, nil
	}
	if !encoded {
		return []byte(text), nil
	}
	key, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(key) == 0 {
		return nil, fault.New(fault.Usage, code, "the signing secret begins with whsec_ but is not base64 after it").
			Do("Copy the secret again, whole, or make one: whsec_ followed by 32 random bytes in base64.")
	}
	return key, nil
}

// Sign makes the Standard Webhooks signature of a body sent at a moment.
func Sign(key []byte, id string, at time.Time, body []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + strconv.FormatInt(at.Unix(), 10) + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
