package salesforcefake

import "strings"

const (
	base62   = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	checksum = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
)

// newID makes the n-th 18-character id of a prefix: 15 characters that tell case and 3 that repair it where case is lost.
func newID(prefix string, n int) string {
	body := []byte(prefix + "5g00000AAAAA")
	for i := len(body) - 1; n > 0 && i > 6; i-- {
		body[i] = base62[n%62]
		n /= 62
	}
	return string(body) + suffix(string(body))
}

func suffix(id15 string) string {
	var out [3]byte
	for block := range 3 {
		bits := 0
		for i := range 5 {
			if c := id15[block*5+i]; c >= 'A' && c <= 'Z' {
				bits |= 1 << i
			}
		}
		out[block] = checksum[bits]
	}
	return string(out[:])
}

// longID gives the 18-character form of an id written with 15; "" where it is neither.
func longID(id string) string {
	switch {
	case len(id) == 15 && strings.Trim(id, base62) == "":
		return id + suffix(id)
	case len(id) == 18 && strings.Trim(id, base62) == "":
		return id[:15] + suffix(id[:15])
	default:
		return ""
	}
}
