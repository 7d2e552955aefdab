package host_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"

	"switchboard/tests/host/grafana"
	"switchboard/tests/host/sandbox"
)

// hour is what the generator counts of the contacts that began in an hour, by queue, whichever leg shows them.
type hour struct {
	Hour         time.Time
	Queue        *string
	Contacts     int64
	Handled      int64
	QueueSeconds int64 `json:"queue_seconds"`
}

func (h hour) queue() string {
	if h.Queue == nil {
		return ""
	}
	return *h.Queue
}

// seamWorld has a month of history. Its events keep arriving while tests run.
func seamWorld(t *testing.T) *sandbox.Sandbox {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	world, err := sandbox.Start(ctx, sandboxBinary, sandbox.Options{Agents: 60, Days: 31, Arguments: []string{"--fast"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(world.Stop)
	return world
}

func factsOf(t *testing.T, world *sandbox.Sandbox, from, to time.Time) []hour {
	t.Helper()
	var counted []hour
	if err := world.Facts(within(t, time.Minute), "hours", from, to, &counted); err != nil {
		t.Fatal(err)
	}
	return counted
}

// sums adds figures up by a key.
func sums(counted []hour, key func(hour) string) map[string]hour {
	by := map[string]hour{}
	for _, one := range counted {
		sum := by[key(one)]
		sum.Contacts += one.Contacts
		sum.Handled += one.Handled
		sum.QueueSeconds += one.QueueSeconds
		by[key(one)] = sum
	}
	return by
}

// figures are the contacts, the handled and the seconds in the queue that a panel shows, by a key.
type figures map[string][3]int64

// between holds what a panel shows against what the generator counted before and after it was asked: contacts whose record
// arrives meanwhile may be in it or not.
func (f figures) between(t *testing.T, what string, before, after map[string]hour) {
	t.Helper()
	if len(f) == 0 || len(f) < len(before) || len(f) > len(after) {
		t.Errorf("%s: the panel shows %d groups, the generator counts %d before and %d after", what, len(f), len(before), len(after))
	}
	for key, shown := range f {
		low, high := before[key], after[key]
		for i, pair := range [][2]int64{{low.Contacts, high.Contacts}, {low.Handled, high.Handled}, {low.QueueSeconds, high.QueueSeconds}} {
			if shown[i] < pair[0] || shown[i] > pair[1] {
				t.Errorf("%s, %s: figure %d is %d, the generator counts %d before and %d after", what, key, i, shown[i], pair[0], pair[1])
			}
		}
	}
}

// slicesOf are the legs that answered, in the order of time, each once: the slices of one leg's part are its own affair.
func slicesOf(t *testing.T, frame *data.Frame) []string {
	t.Helper()
	custom, err := json.Marshal(frame.Meta.Custom)
	if err != nil {
		t.Fatal(err)
	}
	var told struct {
		Runs []struct {
			Leg      string
			From, To int64
			SQL      string
		}
		Plan struct{ Kind, Summary string }
	}
	if err := json.Unmarshal(custom, &told); err != nil {
		t.Fatal(err)
	}
	var legs []string
	for i, run := range told.Runs {
		legs = append(legs, run.Leg)
		if run.SQL == "" || run.From >= run.To {
			t.Errorf("run %d does not tell its SQL and its range: %+v", i, run)
		}
		if i > 0 && told.Runs[i-1].To != run.From {
			t.Errorf("run %d begins at %d, and the one before it ends at %d", i, run.From, told.Runs[i-1].To)
		}
	}
	legs = slices.Compact(legs)
	if told.Plan.Kind == "" || told.Plan.Summary == "" {
		t.Errorf("the plan is not told: %+v", told.Plan)
	}
	return legs
}

func TestPanelsAcrossTheSeamAgreeWithTheGenerator(t *testing.T) {
	plugin, world := start(t), seamWorld(t)
	source := sourceOf(t, world)
	both := []string{"historical", "realtime"}
	for _, days := range []int{1, 7, 30} {
		// The second round of a long answer is read in several slices.
		for round := range 2 {
			// A range of Grafana's ends at any millisecond.
			to := time.Now().UTC().Truncate(time.Millisecond)
			from := to.AddDate(0, 0, -days)
			whole := from.Truncate(time.Hour)
			what := fmt.Sprintf("%d days, round %d", days, round)

			before := factsOf(t, world, from, to)
			wholeBefore := factsOf(t, world, whole, to)
			answers, err := ask(within(t, time.Minute), plugin, source, from, to,
				panel{Route: "auto", SQL: `SELECT $__timeGroup(1h) AS time, queue, count(*) AS contacts, count_if(handled) AS handled,
					sum(queue_duration) AS waited FROM $__dataset(contacts) GROUP BY 1, 2 ORDER BY 1, 2`},
				panel{Route: "auto", SQL: `SELECT queue, count(*) AS contacts, count_if(handled) AS handled, sum(queue_duration) AS waited,
					avg(queue_duration) AS mean FROM $__dataset(contacts) GROUP BY queue ORDER BY contacts DESC`},
				panel{Route: "auto", SQL: `SELECT time, contact_id, queue, handled, queue_duration FROM $__dataset(contacts) ORDER BY time, contact_id`},
				panel{Route: "auto", SQL: `SELECT time, contact_id FROM $__dataset(contacts) ORDER BY time DESC, contact_id LIMIT 30`},
			)
			if err != nil {
				t.Fatal(err)
			}
			wholeAfter := factsOf(t, world, whole, to.Add(time.Hour))
			after := factsOf(t, world, from, to)

			byHour := func(one hour) string { return one.Hour.Format(time.RFC3339) + " " + one.queue() }
			byQueue := func(one hour) string { return one.queue() }

			buckets := frame(t, answers["A"])
			if legs := slicesOf(t, buckets); !slices.Equal(legs, both) {
				t.Errorf("%s: the buckets are answered by %v", what, legs)
			}
			shown := figures{}
			for _, row := range grafana.Rows(buckets) {
				at := row[0].(time.Time).UTC()
				shown[at.Format(time.RFC3339)+" "+text(row[1])] = [3]int64{integer(row[2]), integer(row[3]), integer(row[4])}
			}
			shown.between(t, what+", buckets", sums(wholeBefore, byHour), sums(wholeAfter, byHour))

			totals := frame(t, answers["B"])
			if legs := slicesOf(t, totals); !slices.Equal(legs, both) {
				t.Errorf("%s: the totals are answered by %v", what, legs)
			}
			shown = figures{}
			for _, row := range grafana.Rows(totals) {
				shown[text(row[0])] = [3]int64{integer(row[1]), integer(row[2]), integer(row[3])}
				if waited, mean := row[3], row[4]; waited != nil && math.Abs(mean.(float64)*float64(integer(row[1]))-float64(integer(waited))) > 1e-6*float64(integer(waited))+1e-9 {
					t.Errorf("%s: the mean %v does not fit %v seconds of %v contacts", what, mean, waited, row[1])
				}
			}
			shown.between(t, what+", totals", sums(before, byQueue), sums(after, byQueue))

			rows := frame(t, answers["C"])
			seen, last := map[string]bool{}, time.Time{}
			shown = figures{}
			for _, row := range grafana.Rows(rows) {
				id, at := text(row[1]), row[0].(time.Time)
				if seen[id] {
					t.Errorf("%s: contact %s is listed twice", what, id)
				}
				if at.Before(last) || at.Before(from) || !at.Before(to) {
					t.Errorf("%s: contact %s at %s is out of order or out of range", what, id, at)
				}
				seen[id], last = true, at
				sum := shown[text(row[2])]
				sum[0]++
				if row[3] == true {
					sum[1]++
				}
				sum[2] += integer(row[4])
				shown[text(row[2])] = sum
			}
			shown.between(t, what+", rows", sums(before, byQueue), sums(after, byQueue))

			newest, all := grafana.Rows(frame(t, answers["D"])), grafana.Rows(rows)
			if len(newest) != 30 || !newest[0][0].(time.Time).Equal(all[len(all)-1][0].(time.Time)) {
				t.Errorf("%s: the newest 30 are %d rows from %v, and the newest of all is at %v", what, len(newest), newest[0][0], all[len(all)-1][0])
			}
			if testing.Short() {
				break
			}
			time.Sleep(700 * time.Millisecond)
		}
	}
}

func text(value any) string {
	if value == nil {
		return ""
	}
	return fmt.Sprint(value)
}

func integer(value any) int64 {
	switch value := value.(type) {
	case int64:
		return value
	case int32:
		return int64(value)
	default:
		return 0
	}
}

// saved is a query with members that few panels have.
type saved map[string]any

func askSaved(t *testing.T, plugin *grafana.Plugin, source *grafana.Source, headers map[string]string, from, to time.Time, query saved) backend.DataResponse {
	t.Helper()
	answers, err := plugin.QueryWithHeaders(within(t, time.Minute), source, headers, grafana.Query{JSON: query, From: from, To: to})
	if err != nil {
		t.Fatal(err)
	}
	return answers["A"]
}

func TestALegThatFailsFailsTheQueryUnlessPartsWillDo(t *testing.T) {
	plugin, world := start(t), ownWorld(t, "--fast")
	source := sourceOf(t, world)
	to := time.Now()
	from := to.AddDate(0, 0, -3)
	query := saved{"sql": "SELECT count(*) AS contacts FROM $__dataset(contacts)", "allowPartial": true}
	fail := func() {
		t.Helper()
		fault := sandbox.Fault{Kind: "fail_execution", Operation: "StartQueryExecution", Times: 1, Message: "out of luck"}
		if err := world.Fault(t.Context(), fault); err != nil {
			t.Fatal(err)
		}
	}

	fail()
	partial := frame(t, askSaved(t, plugin, source, nil, from, to, query))
	if legs := slicesOf(t, partial); !slices.Equal(legs, []string{"realtime"}) {
		t.Errorf("the partial answer is by %v", legs)
	}
	notice := partial.Meta.Notices[0]
	if notice.Severity != data.NoticeSeverityWarning || !strings.Contains(notice.Text, "Athena failed, so rows from "+from.UTC().Format("2006-01-02T15:04")) {
		t.Errorf("the notice does not say what is missing: %+v", notice)
	}

	fail()
	if answer := askSaved(t, plugin, source, map[string]string{"FromAlert": "true"}, from, to, query); answer.Error == nil {
		t.Error("an alert rule got a part for the whole")
	}
	fail()
	query["allowPartial"] = false
	if answer := askSaved(t, plugin, source, nil, from, to, query); answer.Error == nil || !strings.Contains(answer.Error.Error(), "out of luck") {
		t.Errorf("the leg's error is not the query's: %v", answer.Error)
	}
	if answer := askSaved(t, plugin, source, nil, from, to, query); answer.Error != nil || len(slicesOf(t, answer.Frames[0])) != 2 {
		t.Errorf("without the fault it does not answer: %v", answer.Error)
	}
}

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

func TestFiltersVariablesAndAnnotations(t *testing.T) {
	plugin, world := start(t), sharedWorld(t)
	source := sourceOf(t, world)
	to := time.Now()
	from := to.AddDate(0, 0, -3)

	status, body, err := plugin.Resource(within(t, time.Minute), source, "tag-keys")
	if err != nil || status != http.StatusOK || !strings.Contains(string(body), `"queue"`) {
		t.Fatalf("tag-keys answers %d, %v: %s", status, err, body)
	}
	target := fmt.Sprintf("tag-values?key=queue&from=%d&to=%d", to.Add(-6*time.Hour).UnixMilli(), to.UnixMilli())
	status, body, err = plugin.Resource(within(t, time.Minute), source, target)
	var values []struct{ Text, Value string }
	if err != nil || status != http.StatusOK || json.Unmarshal(body, &values) != nil || len(values) < 2 {
		t.Fatalf("tag-values answers %d, %v: %s", status, err, body)
	}

	variable := frame(t, askSaved(t, plugin, source, nil, from, to, saved{"kind": "values", "dataset": "contacts", "column": "queue"}))
	listed := grafana.Rows(variable)
	if names := grafana.Names(variable); !slices.Equal(names, []string{"text", "value"}) || len(listed) < len(values) {
		t.Errorf("the variable offers %d of %v", len(listed), names)
	}

	queue := text(listed[0][1])
	filtered := saved{
		"sql":          "SELECT queue, count(*) AS contacts FROM $__dataset(contacts) GROUP BY 1",
		"adhocFilters": []saved{{"key": "queue", "operator": "=", "value": queue}},
	}
	rows := grafana.Rows(frame(t, askSaved(t, plugin, source, nil, from, to, filtered)))
	if len(rows) != 1 || text(rows[0][0]) != queue {
		t.Errorf("filtered by %s, the queues are %v", queue, rows)
	}
	filtered["adhocFilters"] = []saved{{"key": "queue", "operator": "=~", "value": "' OR 1=1 --"}}
	if rows := grafana.Rows(frame(t, askSaved(t, plugin, source, nil, from, to, filtered))); len(rows) != 0 {
		t.Errorf("a pattern that fits nothing lets %d queues through", len(rows))
	}

	annotations := frame(t, askSaved(t, plugin, source, nil, from, to, saved{
		"format": "annotations",
		"sql":    "SELECT time, disconnected_at AS timeend, queue AS text, channel AS tags, contact_id AS id FROM $__dataset(contacts) WHERE abandoned ORDER BY time LIMIT 5",
	}))
	if names := grafana.Names(annotations); !slices.Equal(names, []string{"time", "timeEnd", "text", "tags", "id"}) {
		t.Errorf("the annotations have columns %v", names)
	}
}

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
