package host_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"switchboard/tests/host/grafana"
)

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

// What is not listed of a column's values is said where Grafana has a place for it.
func TestAListOfValuesSaysThatThereAreMore(t *testing.T) {
	plugin, world := start(t), sharedWorld(t)
	source := sourceOf(t, world)
	to := time.Now()
	from := to.AddDate(0, 0, -2)
	for column, more := range map[string]bool{"contact_id": true, "queue": false} {
		answer := frame(t, askSaved(t, plugin, source, nil, from, to, saved{"kind": "values", "dataset": "contacts", "column": column}))
		if more != (len(answer.Meta.Notices) == 1) || more != (answer.Rows() == 1000) || answer.Rows() > 1000 {
			t.Errorf("%s: %d values, notices %+v", column, answer.Rows(), answer.Meta.Notices)
		}
		target := fmt.Sprintf("tag-values?key=contacts.%s&from=%d&to=%d", column, to.Add(-22*time.Hour).UnixMilli(), to.UnixMilli())
		status, body, err := plugin.Resource(within(t, time.Minute), source, target)
		var values []struct{ Text, Value, Group string }
		if err != nil || status != http.StatusOK || json.Unmarshal(body, &values) != nil || len(values) == 0 {
			t.Fatalf("tag-values answers %d, %v: %s", status, err, body)
		}
		if more != (values[0].Group != "") || more != (len(values) == 1000) {
			t.Errorf("%s: %d values to filter by, the first is %+v", column, len(values), values[0])
		}
	}
	answer := askSaved(t, plugin, source, nil, from, to, saved{"kind": "values", "dataset": "contacts", "column": "quee"})
	if answer.Error == nil || answer.Status != http.StatusBadRequest {
		t.Fatalf("a column that is not there is answered %d, %v", answer.Status, answer.Error)
	}
	for _, says := range []string{"quee", "contact_id", "queue", "last_update", "time"} {
		if !strings.Contains(answer.Error.Error(), says) {
			t.Errorf("the error does not name %s: %v", says, answer.Error)
		}
	}
}
