package config

import (
	"testing"
	"time"
)

// TestEveryZoneIsThere: every name that may be written is a zone of the database that comes with the program.
func TestEveryZoneIsThere(t *testing.T) {
	if len(zones()) < 400 {
		t.Fatalf("there are %d zones", len(zones()))
	}
	for _, name := range zones() {
		if _, err := time.LoadLocation(name); err != nil || parseZone(name) != nil {
			t.Errorf("%s: %v, %v", name, err, parseZone(name))
		}
	}
}
