package hubspot_test

import "strings"

func folded(s string) string { return strings.ToLower(strings.TrimSpace(s)) }
