package host_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// An answer that was found before its range was complete must not stand for the range afterwards.
func TestResultsAreReusedOnlyOfRangesThatWereComplete(t *testing.T) {
	plugin, world := start(t), ownWorld(t, "--fast")
	source := sourceOf(t, world)
	var settings map[string]any
	if err := json.Unmarshal(source.JSONData, &settings); err != nil {
		t.Fatal(err)
	}
	// Athena reuses results where the workgroup says where they go.
	historical := settings["historical"].(map[string]any)
	historical["workgroup"] = "connect"
	delete(historical, "outputLocation")
	var err error
	if source.JSONData, err = json.Marshal(settings); err != nil {
		t.Fatal(err)
	}
	to := time.Now().UTC().Truncate(time.Minute)
	for _, one := range []struct {
		what   string
		to     time.Time
		reused bool
	}{
		{"complete for an hour", to.Add(-7 * time.Hour), true},
		{"not complete", to.Add(-5 * time.Hour), false},
		{"ending in the future", to.Add(time.Hour), false},
	} {
		query := saved{"route": "historical", "sql": "SELECT count(*) AS contacts FROM $__dataset(contacts)"}
		for round := range 2 {
			answer := frame(t, askSaved(t, plugin, source, nil, one.to.Add(-4*time.Hour), one.to, query))
			custom, err := json.Marshal(answer.Meta.Custom)
			if err != nil {
				t.Fatal(err)
			}
			if reused := strings.Contains(string(custom), `"reused":true`); reused != (one.reused && round > 0) {
				t.Errorf("a range that is %s, asked %d times, is reused: %t", one.what, round+1, reused)
			}
		}
	}
}
