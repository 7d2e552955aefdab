package host_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"switchboard/tests/host/grafana"
)

func TestAPanelMovedFromAthenaKeepsItsFill(t *testing.T) {
	plugin, source := start(t), sourceOf(t, sharedWorld(t))
	// Few contacts come by e-mail and task, so many ten minutes have none.
	saved := `{"refId": "A", "format": 0, "fillMode": {"mode": 2, "value": 0}, "rawSQL":
		"SELECT $__timeGroup(initiationtimestamp, '10m') AS time, channel, count(*) AS contacts FROM contact_records WHERE $__timeFilter(initiationtimestamp) AND channel IN ('EMAIL', 'TASK') GROUP BY 1, 2"}`
	to := time.Now().Truncate(time.Hour)
	from := to.Add(-24 * time.Hour)
	answers, err := plugin.Query(within(t, time.Minute), source, grafana.Query{JSON: json.RawMessage(saved), From: from, To: to})
	if err != nil {
		t.Fatal(err)
	}
	frame := frame(t, answers["A"])
	if frame.Meta.Type != data.FrameTypeTimeSeriesWide || len(frame.Fields) != 3 {
		t.Fatalf("the panel is a %s of %d fields", frame.Meta.Type, len(frame.Fields))
	}
	filled := 0
	var before time.Time
	for number, row := range grafana.Rows(frame) {
		at, ok := row[0].(time.Time)
		if !ok || number > 0 && at.Sub(before) != 10*time.Minute {
			t.Fatalf("row %d is at %v, after %v", number, row[0], before)
		}
		before = at
		for _, cell := range row[1:] {
			count, ok := cell.(int64)
			if !ok {
				t.Fatalf("row %d has %#v where 0 or more was wanted", number, cell)
			}
			if count == 0 {
				filled++
			}
		}
	}
	if filled == 0 {
		t.Error("no bucket was empty, so nothing was proved: make the buckets narrower")
	}
}

func TestLogLinesCarryTheirLabels(t *testing.T) {
	plugin, source := start(t), sourceOf(t, sharedWorld(t))
	to := time.Now()
	answers, err := ask(within(t, time.Minute), plugin, source, to.Add(-3*time.Hour), to, panel{Route: "realtime", Format: "logs",
		SQL: `SELECT time, event_type AS message, queue, contact_id AS id FROM connect.contact_events
			WHERE $__timeFilter AND event_type = 'QUEUED' ORDER BY time LIMIT 50`})
	if err != nil {
		t.Fatal(err)
	}
	frame := frame(t, answers["A"])
	if frame.Meta.Type != data.FrameTypeLogLines || frame.Meta.PreferredVisualization != data.VisTypeLogs {
		t.Errorf("the frame is a %s for %s", frame.Meta.Type, frame.Meta.PreferredVisualization)
	}
	labels, _ := frame.FieldByName("labels")
	times, _ := frame.FieldByName("timestamp")
	if labels == nil || times == nil || frame.Rows() != 50 {
		t.Fatalf("the frame has %v and %d rows", grafana.Names(frame), frame.Rows())
	}
	for row := range frame.Rows() {
		raw, ok := labels.ConcreteAt(row)
		var of map[string]string
		if text, isJSON := raw.(json.RawMessage); !ok || !isJSON || json.Unmarshal(text, &of) != nil || of["queue"] == "" {
			t.Fatalf("row %d has the labels %v", row, raw)
		}
		if row > 0 {
			later, _ := times.ConcreteAt(row - 1)
			earlier, _ := times.ConcreteAt(row)
			if earlier.(time.Time).After(later.(time.Time)) {
				t.Fatalf("row %d is newer than the one above it", row)
			}
		}
	}
}
