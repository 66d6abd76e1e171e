package connect_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/freshet/freshet/sync/connect"
)

// TestASecretNeverPrints: whatever prints a secret, alone or inside settings, shows dots. Guarantee G25.
func TestASecretNeverPrints(t *testing.T) {
	const text = "token-4711"
	secret := connect.NewSecret(text)
	settings := connect.Settings{Name: "crm", Secrets: map[string]connect.Secret{"token": secret}}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("opened", "secret", secret, "settings", settings)
	slog.New(slog.NewTextHandler(&log, nil)).Info("opened", "secret", secret, "settings", settings)
	printed := map[string]string{"log": log.String(), "error": fmt.Errorf("calling with %s", secret).Error()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		printed[verb] = fmt.Sprintf(verb+" "+verb+" "+verb, secret, &secret, settings)
	}
	encoded, err := json.Marshal(settings)
	if err != nil {
		t.Fatal(err)
	}
	printed["json"] = string(encoded)
	plain, _ := secret.MarshalText()
	printed["text"] = string(plain)
	for how, got := range printed {
		if strings.Contains(got, text) || strings.Contains(got, fmt.Sprintf("%x", text)) {
			t.Errorf("%s shows the secret: %s", how, got)
		}
	}
	if secret.Reveal() != text {
		t.Error("Reveal does not give the secret")
	}
}
