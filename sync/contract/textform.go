package contract

import (
	"encoding/base64"
	"net/netip"
	"strings"
)

// textForm finds the check of a string's format; nil for those that say nothing a machine can check, as password does.
func textForm(format string) func(string) bool {
	switch strings.ToLower(format) {
	case "email", "idn-email":
		return isEmail
	case "uuid":
		return isUUID
	case "uri", "url":
		return isURI
	case "hostname":
		return isHostname
	case "ipv4":
		return func(s string) bool { a, err := netip.ParseAddr(s); return err == nil && a.Is4() }
	case "ipv6":
		return func(s string) bool { a, err := netip.ParseAddr(s); return err == nil && a.Is6() }
	case "byte":
		return func(s string) bool { _, err := base64.StdEncoding.DecodeString(s); return err == nil }
	}
	return nil
}

// isEmail asks for something before one @ and a host with a dot after it. Whether mail arrives nobody can see from here.
func isEmail(s string) bool {
	local, host, ok := strings.Cut(s, "@")
	return ok && local != "" && !strings.ContainsAny(s, " \t\r\n<>,;") && strings.Contains(host, ".") && isHost(host)
}

func isHostname(s string) bool { return len(s) <= 253 && isHost(s) }

// isHost takes letters of every script, digits, dashes and dots; no part is empty or begins or ends with a dash.
func isHost(s string) bool {
	for part := range strings.SplitSeq(s, ".") {
		if part == "" || part[0] == '-' || part[len(part)-1] == '-' {
			return false
		}
		for _, r := range part {
			if r < 0x80 && r != '-' && !('0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z') {
				return false
			}
		}
	}
	return true
}

func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		dash := i == 8 || i == 13 || i == 18 || i == 23
		hex := '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
		if dash != (c == '-') || !dash && !hex {
			return false
		}
	}
	return true
}

// isURI asks for a scheme and something after it, without spaces.
func isURI(s string) bool {
	scheme, rest, ok := strings.Cut(s, ":")
	if !ok || scheme == "" || rest == "" || strings.ContainsAny(s, " \t\r\n") {
		return false
	}
	for i, r := range scheme {
		letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
		if !letter && (i == 0 || !('0' <= r && r <= '9' || r == '+' || r == '-' || r == '.')) {
			return false
		}
	}
	return true
}
