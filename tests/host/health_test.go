package host_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
)

func TestHealthTellsOfEveryDatasetOnBothLegs(t *testing.T) {
	plugin, world := start(t), sharedWorld(t)
	source := sourceOf(t, world)
	health, err := plugin.Health(within(t, time.Minute), source)
	if err != nil || health.Status != backend.HealthStatusOk {
		t.Fatalf("health is %+v, %v", health, err)
	}
	var details struct {
		Datasets []struct{ Name, Leg, Status string }
	}
	if err := json.Unmarshal(health.JSONDetails, &details); err != nil || len(details.Datasets) != 6 {
		t.Fatalf("health tells of %+v, %v; wanted three datasets on two legs", details, err)
	}

	var settings map[string]any
	if err := json.Unmarshal(source.JSONData, &settings); err != nil {
		t.Fatal(err)
	}
	settings["datasets"] = []any{
		"contact_events",
		map[string]any{"template": "contacts", "columns": []any{map[string]any{"name": "queue", "type": "text", "historical": "queu.name"}}},
		map[string]any{"name": "calls", "historical": false, "realtime": map[string]any{"table": "no_such_table"},
			"columns": []any{map[string]any{"name": "queue", "type": "text"}}},
		map[string]any{"template": "agent_events", "columns": []any{map[string]any{"name": "status", "type": "integer"}}},
	}
	source.JSONData, err = json.Marshal(settings)
	if err != nil {
		t.Fatal(err)
	}
	source.UID += " broken"
	health, err = plugin.Health(within(t, time.Minute), source)
	if err != nil || health.Status != backend.HealthStatusError {
		t.Fatalf("health is %+v, %v", health, err)
	}
	for _, says := range []string{"Dataset contacts on the historical leg", "queu", "Dataset calls on the realtime leg", "no_such_table", "status is text and not integer"} {
		if !strings.Contains(string(health.JSONDetails), says) {
			t.Errorf("health does not say %q: %s", says, health.JSONDetails)
		}
	}
	if strings.Contains(string(health.JSONDetails), "Dataset contact_events") {
		t.Errorf("a dataset that is well is complained of: %s", health.JSONDetails)
	}
}
