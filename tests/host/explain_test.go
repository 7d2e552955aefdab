package host_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"switchboard/tests/host/grafana"
)

func TestAQueryIsExplainedWithoutRunning(t *testing.T) {
	plugin, world := start(t), ownWorld(t)
	source := sourceOf(t, world)
	to := time.Now()
	from := to.AddDate(0, 0, -30)
	body, err := json.Marshal(map[string]any{
		"query":      saved{"sql": "SELECT $__timeGroup(5m) AS time, queue, count(*) AS contacts FROM $__dataset(contacts) GROUP BY 1, 2"},
		"range":      map[string]int64{"from": from.UnixMilli(), "to": to.UnixMilli()},
		"intervalMs": 60_000,
	})
	if err != nil {
		t.Fatal(err)
	}
	status, answer, err := plugin.PostResource(within(t, time.Minute), source, "explain", body)
	if err != nil || status != http.StatusOK {
		t.Fatalf("explain answers %d, %v: %s", status, err, answer)
	}
	var explained struct {
		Kind, Reason, Summary, Step, Text string
		Boundary                          struct{ At int64 }
		Slices                            []struct {
			Leg, SQL, Region string
			Partition        *string
			From, To         int64
		}
	}
	if err := json.Unmarshal(answer, &explained); err != nil {
		t.Fatal(err)
	}
	if explained.Kind != "buckets" || explained.Step != "5m" || len(explained.Slices) != 2 || explained.Reason == "" {
		t.Fatalf("the explanation is %+v", explained)
	}
	historical, realtime := explained.Slices[0], explained.Slices[1]
	if historical.Leg != "historical" || historical.Region != "eu-west-2" || historical.To != explained.Boundary.At || historical.Partition == nil || !strings.Contains(*historical.Partition, "year") {
		t.Errorf("the historical slice is %+v", historical)
	}
	if realtime.Leg != "realtime" || realtime.From != explained.Boundary.At || realtime.Partition != nil || !strings.Contains(realtime.SQL, "from_milliseconds") {
		t.Errorf("the real-time slice is %+v", realtime)
	}
	calls, err := world.Calls(t.Context())
	if err != nil || len(calls) != 0 {
		t.Errorf("explaining made %d calls to AWS, error %v", len(calls), err)
	}
}

// explained is who would answer a statement, and with what notices.
func explained(t *testing.T, plugin *grafana.Plugin, source *grafana.Source, sql string, from, to time.Time) (legs []string, notices []string) {
	t.Helper()
	body, err := json.Marshal(map[string]any{
		"query": saved{"sql": sql}, "range": map[string]int64{"from": from.UnixMilli(), "to": to.UnixMilli()}, "intervalMs": 60_000,
	})
	if err != nil {
		t.Fatal(err)
	}
	status, answer, err := plugin.PostResource(within(t, time.Minute), source, "explain", body)
	var told struct {
		Slices  []struct{ Leg string }
		Notices []struct{ Text string }
	}
	if err != nil || status != http.StatusOK || json.Unmarshal(answer, &told) != nil {
		t.Fatalf("explain answers %d, %v: %s", status, err, answer)
	}
	for _, slice := range told.Slices {
		legs = append(legs, slice.Leg)
	}
	for _, notice := range told.Notices {
		notices = append(notices, notice.Text)
	}
	return legs, notices
}

// A table that says nothing of its own has the leg's retention and lag, also beside one that does.
func TestOfTwoDatasetsTheShorterRetentionAndTheLongerLagCount(t *testing.T) {
	plugin, world := start(t), sharedWorld(t)
	source := sourceOf(t, world).With(func(settings map[string]any) {
		settings["datasets"] = []any{
			map[string]any{"template": "contact_events", "realtime": map[string]any{"retention": "72h"}, "historical": map[string]any{"lag": "0s"}},
			"agent_events",
		}
	})
	both := "SELECT count(*) FROM $__dataset(contact_events) a JOIN $__dataset(agent_events) b ON a.contact_id = b.contact_id"
	now := time.Now()
	legs, notices := explained(t, plugin, source, both, now.Add(-40*time.Hour), now)
	if !slices.Equal(legs, []string{"historical"}) || len(notices) == 0 {
		t.Errorf("40 hours of tables that are kept 72h and 24h are answered by %v, notices %v", legs, notices)
	}
	if _, notices = explained(t, plugin, source, both, now.Add(-100*time.Hour), now.Add(-time.Minute)); len(notices) == 0 {
		t.Error("nothing says that the last minutes of a table that is 30m late may be missing")
	}
}
