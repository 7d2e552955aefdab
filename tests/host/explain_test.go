package host_test

import (
	"encoding/json"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"switchboard/tests/host/grafana"
)

// explanation is what a query would do.
type explanation struct {
	Kind, Reason, Why, Summary, Step, Text string
	Boundary                               struct{ At int64 }
	Notices                                []struct{ Text string }
	Slices                                 []struct {
		Leg, SQL, Region string
		Partition        *string
		From, To         int64
		EstimatedBytes   *float64
		EstimatedCost    *float64
	}
}

func explain(t *testing.T, plugin *grafana.Plugin, source *grafana.Source, query saved, from, to time.Time) explanation {
	t.Helper()
	body, err := json.Marshal(map[string]any{
		"query": query, "range": map[string]int64{"from": from.UnixMilli(), "to": to.UnixMilli()}, "intervalMs": 60_000,
	})
	if err != nil {
		t.Fatal(err)
	}
	var told explanation
	status, answer, err := plugin.PostResource(within(t, time.Minute), source, "explain", body)
	if err != nil || status != http.StatusOK || json.Unmarshal(answer, &told) != nil {
		t.Fatalf("explain answers %d, %v: %s", status, err, answer)
	}
	return told
}

func TestAQueryIsExplainedWithoutRunning(t *testing.T) {
	plugin, world := start(t), ownWorld(t)
	source := sourceOf(t, world)
	to := time.Now()
	told := explain(t, plugin, source,
		saved{"sql": "SELECT $__timeGroup(5m) AS time, queue, count(*) AS contacts FROM $__dataset(contacts) GROUP BY 1, 2"}, to.AddDate(0, 0, -30), to)
	if told.Kind != "buckets" || told.Step != "5m" || len(told.Slices) != 2 || told.Reason == "" {
		t.Fatalf("the explanation is %+v", told)
	}
	historical, realtime := told.Slices[0], told.Slices[1]
	if historical.Leg != "historical" || historical.Region != "eu-west-2" || historical.To != told.Boundary.At || historical.Partition == nil || !strings.Contains(*historical.Partition, "year") {
		t.Errorf("the historical slice is %+v", historical)
	}
	if realtime.Leg != "realtime" || realtime.From != told.Boundary.At || realtime.Partition != nil || !strings.Contains(realtime.SQL, "from_milliseconds") {
		t.Errorf("the real-time slice is %+v", realtime)
	}
	calls, err := world.Calls(t.Context())
	if err != nil || len(calls) != 0 {
		t.Errorf("explaining made %d calls to AWS, error %v", len(calls), err)
	}
}

// What a query costs is known once it has run; Timestream has no price by bytes.
func TestTheCostOfAQueryIsEstimatedByItsEarlierRun(t *testing.T) {
	plugin, world := start(t), sharedWorld(t)
	source := sourceOf(t, world)
	query := saved{"sql": "SELECT event_type, count(*) AS steps FROM $__dataset(contact_events) GROUP BY 1 ORDER BY 1"}
	to := time.Now().UTC()
	from := to.Add(-72 * time.Hour)

	for _, slice := range explain(t, plugin, source, query, from, to).Slices {
		if slice.EstimatedBytes != nil || slice.EstimatedCost != nil {
			t.Errorf("nothing ran, and the %s slice is estimated", slice.Leg)
		}
	}
	runs := runsOf(t, frame(t, askSaved(t, plugin, source, nil, from, to, query)))
	told := explain(t, plugin, source, query, from, to)
	if len(runs) != 2 || len(told.Slices) != 2 {
		t.Fatalf("%d runs, %d slices explained; wanted one of each leg", len(runs), len(told.Slices))
	}
	for i, slice := range told.Slices {
		if slice.EstimatedBytes == nil || runs[i].BytesScanned == 0 || math.Abs(*slice.EstimatedBytes/runs[i].BytesScanned-1) > 1e-9 {
			t.Errorf("the %s slice scanned %v bytes and is estimated at %v", slice.Leg, runs[i].BytesScanned, slice.EstimatedBytes)
		}
	}
	historical, realtime := told.Slices[0], told.Slices[1]
	if historical.EstimatedCost == nil || math.Abs(*historical.EstimatedCost-max(runs[0].BytesScanned, 10e6)*5/1e12) > 1e-12 {
		t.Errorf("%v bytes of Athena are estimated to cost %v dollars", runs[0].BytesScanned, historical.EstimatedCost)
	}
	if realtime.EstimatedCost != nil || runs[1].Dollars != nil {
		t.Errorf("Timestream has a price by bytes: %v", *realtime.EstimatedCost)
	}
	if !strings.Contains(told.Text, "dollars") {
		t.Errorf("the text says nothing of the cost: %s", told.Text)
	}

	query["adhocFilters"] = []saved{{"key": "channel", "operator": "=", "value": "VOICE"}}
	for _, slice := range explain(t, plugin, source, query, from, to).Slices {
		if slice.EstimatedBytes != nil {
			t.Errorf("with another filter it is another statement, and the %s slice is estimated", slice.Leg)
		}
	}
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
	both := saved{"sql": "SELECT count(*) FROM $__dataset(contact_events) a JOIN $__dataset(agent_events) b ON a.contact_id = b.contact_id"}
	now := time.Now()
	told := explain(t, plugin, source, both, now.Add(-40*time.Hour), now)
	if len(told.Slices) != 1 || told.Slices[0].Leg != "historical" || len(told.Notices) == 0 {
		t.Errorf("40 hours of tables that are kept 72h and 24h are answered so: %+v", told)
	}
	if told = explain(t, plugin, source, both, now.Add(-100*time.Hour), now.Add(-time.Minute)); len(told.Notices) == 0 {
		t.Error("nothing says that the last minutes of a table that is 30m late may be missing")
	}
}
