package host_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"

	"switchboard/tests/host/grafana"
)

// run is one statement that ran for a frame, as the query inspector is told.
type run struct {
	Leg          string
	From, To     int64
	SQL          string
	Rows, Pages  int64
	BytesScanned float64
	Dollars      *float64
}

// runsOf are the statements that ran for a frame, in the order of time.
func runsOf(t *testing.T, frame *data.Frame) []run {
	t.Helper()
	custom, err := json.Marshal(frame.Meta.Custom)
	if err != nil {
		t.Fatal(err)
	}
	var told struct {
		Runs []run
		Plan struct{ Kind, Summary string }
	}
	if err := json.Unmarshal(custom, &told); err != nil {
		t.Fatal(err)
	}
	if told.Plan.Kind == "" || told.Plan.Summary == "" {
		t.Errorf("the plan is not told: %+v", told.Plan)
	}
	return told.Runs
}

// slicesOf are the legs that answered, in the order of time, each once: the slices of one leg's part are its own affair.
func slicesOf(t *testing.T, frame *data.Frame) []string {
	t.Helper()
	var legs []string
	runs := runsOf(t, frame)
	for i, run := range runs {
		legs = append(legs, run.Leg)
		if run.SQL == "" || run.From >= run.To {
			t.Errorf("run %d does not tell its SQL and its range: %+v", i, run)
		}
		if i > 0 && runs[i-1].To != run.From {
			t.Errorf("run %d begins at %d, and the one before it ends at %d", i, run.From, runs[i-1].To)
		}
	}
	return slices.Compact(legs)
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
