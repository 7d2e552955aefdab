package host_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"

	"switchboard/tests/host/grafana"
	"switchboard/tests/host/sandbox"
)

func TestBothLegsAnswerWithTypedFrames(t *testing.T) {
	plugin, source := start(t), sourceOf(t, sharedWorld(t))
	to := time.Now()
	answers, err := ask(within(t, time.Minute), plugin, source, to.Add(-time.Hour), to,
		panel{Route: "realtime", SQL: `SELECT 'x' AS text, 7 AS number, 1.5e0 AS double, true AS flag,
			TIMESTAMP '2026-03-04 05:06:07.123' AS instant, CAST(NULL AS varchar) AS missing, '' AS empty`},
		panel{Route: "historical", SQL: `SELECT 'x' AS text, BIGINT '7' AS number, 1.5e0 AS double, true AS flag,
			TIMESTAMP '2026-03-04 05:06:07.123' AS instant, CAST(NULL AS varchar) AS missing, '' AS empty`},
	)
	if err != nil {
		t.Fatal(err)
	}
	for refID, answer := range answers {
		frame := frame(t, answer)
		if got, wanted := grafana.Names(frame), []string{"text", "number", "double", "flag", "instant", "missing", "empty"}; !slices.Equal(got, wanted) {
			t.Fatalf("query %s has columns %v, wanted %v", refID, got, wanted)
		}
		row := grafana.Rows(frame)[0]
		if instant, ok := row[4].(time.Time); !ok || !instant.Equal(time.Date(2026, 3, 4, 5, 6, 7, 123_000_000, time.UTC)) {
			t.Errorf("query %s reads the instant as %v", refID, row[4])
		}
		if row[0] != "x" || fmt.Sprint(row[1]) != "7" || row[2] != 1.5 || row[3] != true {
			t.Errorf("query %s reads %v", refID, row)
		}
		if row[5] != nil || row[6] != "" {
			t.Errorf("query %s does not tell NULL from an empty text: %#v and %#v", refID, row[5], row[6])
		}
	}
}

func TestATimeSeriesHasLabelsTypeAndCost(t *testing.T) {
	plugin, source := start(t), sourceOf(t, sharedWorld(t))
	to := time.Now()
	const sql = `SELECT bin(time, 1h) AS time, event_type, count(*) AS events FROM $__database.$__table
		WHERE $__timeFilter GROUP BY 1, 2 ORDER BY 1`
	answers, err := ask(within(t, time.Minute), plugin, source, to.Add(-6*time.Hour), to, panel{Route: "realtime", Format: "time_series", SQL: sql})
	if err != nil {
		t.Fatal(err)
	}
	frame := frame(t, answers["A"])
	if frame.Meta == nil || frame.Meta.Type != data.FrameTypeTimeSeriesWide || frame.Meta.TypeVersion != (data.FrameTypeVersion{0, 1}) {
		t.Errorf("the frame's meta is %+v, wanted timeseries-wide 0.1", frame.Meta)
	}
	if frame.TimeSeriesSchema().Type != data.TimeSeriesTypeWide {
		t.Errorf("the SDK does not see a wide time series: %v", frame.TimeSeriesSchema().Type)
	}
	for _, field := range frame.Fields[1:] {
		if field.Labels["event_type"] == "" {
			t.Errorf("the series %q has labels %v, wanted event_type", field.Name, field.Labels)
		}
	}
	executed := frame.Meta.ExecutedQueryString
	if strings.Contains(executed, "$__") || !strings.Contains(executed, "connect") {
		t.Errorf("the SQL that ran is not told: %q", executed)
	}
	for _, wanted := range []string{"Bytes scanned", "Total time", "Result pages"} {
		if !slices.ContainsFunc(frame.Meta.Stats, func(stat data.QueryStat) bool { return stat.DisplayName == wanted && stat.Value > 0 }) {
			t.Errorf("the cost lacks %q: %+v", wanted, frame.Meta.Stats)
		}
	}
}

func TestOneBadQueryFailsAlone(t *testing.T) {
	plugin, source := start(t), sourceOf(t, sharedWorld(t))
	answers, err := ask(within(t, time.Minute), plugin, source, time.Now().Add(-time.Hour), time.Now(),
		panel{RefID: "good", Route: "realtime", SQL: "SELECT 1 AS one"},
		panel{RefID: "wrong leg", Route: "nowhere", SQL: "SELECT 1"},
		panel{RefID: "writes", Route: "historical", SQL: "DROP TABLE contact_records"},
		panel{RefID: "no such table", Route: "historical", SQL: "SELECT * FROM no_such_table"},
		panel{RefID: "macro", Route: "realtime", SQL: "SELECT $__timeGroup(time)"},
		panel{RefID: "also good", Route: "historical", SQL: "SELECT 2 AS two"},
	)
	if err != nil {
		t.Fatal(err)
	}
	for refID, answer := range answers {
		if strings.HasSuffix(refID, "good") {
			if answer.Error != nil {
				t.Errorf("%s: %v", refID, answer.Error)
			}
			continue
		}
		if answer.Error == nil || answer.Status != http.StatusBadRequest || answer.ErrorSource != backend.ErrorSourceDownstream {
			t.Errorf("%s: status %d, source %q, error %v; wanted 400 and downstream", refID, answer.Status, answer.ErrorSource, answer.Error)
		}
	}
}

func TestSixtyFourPanelsAtOnce(t *testing.T) {
	plugin, source := start(t), sourceOf(t, sharedWorld(t))
	to := time.Now()
	var group sync.WaitGroup
	failures := make(chan error, 64)
	for i := range 64 {
		group.Go(func() {
			route := []string{"realtime", "historical"}[i%2]
			sql := fmt.Sprintf("SELECT %d AS panel", i)
			answers, err := ask(within(t, 2*time.Minute), plugin, source, to.Add(-time.Hour), to, panel{Route: route, SQL: sql})
			if err == nil {
				err = answers["A"].Error
			}
			if err == nil {
				if got := fmt.Sprint(grafana.Rows(answers["A"].Frames[0])); got != fmt.Sprintf("[[%d]]", i) {
					err = fmt.Errorf("answers %s", got)
				}
			}
			if err != nil {
				failures <- fmt.Errorf("panel %d on the %s leg: %w", i, route, err)
			}
		})
	}
	group.Wait()
	close(failures)
	for err := range failures {
		t.Error(err)
	}
}

func TestIdenticalPanelsShareOneExecution(t *testing.T) {
	world := ownWorld(t)
	plugin, source := start(t), sourceOf(t, world)
	order(t, world, sandbox.Fault{Kind: "slow_execution", Times: 1, Millis: 1000})
	to := time.Now()
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			answers, err := ask(within(t, time.Minute), plugin, source, to.Add(-time.Hour), to, panel{Route: "historical", SQL: "SELECT 42"})
			if err != nil || answers["A"].Error != nil {
				t.Error(err, answers["A"].Error)
			}
		})
	}
	group.Wait()
	if started := count(t, world, "StartQueryExecution"); started != 1 {
		t.Errorf("8 identical panels started %d executions", started)
	}
}

func TestASavedPanelOfEitherOfficialDataSourceRuns(t *testing.T) {
	plugin, source := start(t), sourceOf(t, sharedWorld(t))
	saved := map[string]string{
		"timestream": `{"refId": "A", "rawQuery": "SELECT count(*) AS events FROM $__database.$__table WHERE $__timeFilter",
			"format": 0, "database": "connect", "table": "contact_events", "waitForResult": true, "measure": "${measure}"}`,
		"athena": `{"refId": "A", "rawSQL": "SELECT count(*) AS records FROM $__table WHERE $__timeFilter(initiationtimestamp)",
			"format": 1, "table": "contact_records", "connectionArgs": {"region": "__default", "catalog": "__default", "database": "__default"}}`,
	}
	for name, query := range saved {
		answers, err := plugin.Query(within(t, time.Minute), source, grafana.Query{JSON: json.RawMessage(query), From: time.Now().Add(-3 * time.Hour), To: time.Now()})
		if err != nil {
			t.Fatal(err)
		}
		if rows := grafana.Rows(frame(t, answers["A"])); len(rows) != 1 || rows[0][0] == nil {
			t.Errorf("%s: read %v", name, rows)
		}
	}
}

func TestChangedSettingsAreUsedAtOnce(t *testing.T) {
	world := sharedWorld(t)
	plugin, source := start(t), sourceOf(t, world)
	if err := selectOne(within(t, time.Minute), plugin, source); err != nil {
		t.Fatal(err)
	}
	broken := source.With(func(settings map[string]any) { settings["realtime"] = map[string]any{"region": "eu-west-2"} })
	err := selectOne(within(t, time.Minute), plugin, broken)
	if err == nil || !strings.Contains(err.Error(), "eu-west-1") {
		t.Errorf("Timestream in eu-west-2: %v; wanted to be told of eu-west-1", err)
	}
	mended := broken.With(func(settings map[string]any) {
		var original map[string]any
		if err := json.Unmarshal(source.JSONData, &original); err != nil {
			t.Fatal(err)
		}
		settings["realtime"] = original["realtime"]
	})
	if err := selectOne(within(t, time.Minute), plugin, mended); err != nil {
		t.Errorf("mended: %v", err)
	}
}

func TestRowsOfBothLegsAgreeWithThemselvesPageByPage(t *testing.T) {
	// Small pages make many: what is read over them must be what is read at once.
	small := ownWorld(t, "--page-bytes", "2000")
	plugin, source := start(t), sourceOf(t, small)
	to := time.Now()
	answers, err := ask(within(t, time.Minute), plugin, source, to.Add(-20*time.Hour), to,
		panel{Route: "realtime", SQL: "SELECT contact_id, time, event_type FROM connect.contact_events WHERE $__timeFilter ORDER BY time, contact_id, event_type"},
		panel{Route: "realtime", SQL: "SELECT count(*) FROM connect.contact_events WHERE $__timeFilter"},
	)
	if err != nil {
		t.Fatal(err)
	}
	rows := grafana.Rows(frame(t, answers["A"]))
	counted := grafana.Rows(frame(t, answers["B"]))[0][0]
	if !reflect.DeepEqual(counted, int64(len(rows))) || len(rows) < 100 {
		t.Errorf("read %d rows of %v", len(rows), counted)
	}
	for _, stat := range answers["A"].Frames[0].Meta.Stats {
		if stat.DisplayName == "Result pages" && stat.Value < 5 {
			t.Errorf("%d rows came on %v pages of 2,000 bytes", len(rows), stat.Value)
		}
	}
}

func count(t *testing.T, world *sandbox.Sandbox, operation string) (calls int) {
	t.Helper()
	all, err := world.Calls(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, call := range all {
		if call.Operation == operation {
			calls++
		}
	}
	return calls
}
