package host_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"switchboard/tests/host/grafana"
	"switchboard/tests/host/sandbox"
)

// partialNotices are the warnings of a frame that tell what is missing, up to the error's own words.
func partialNotices(frame *data.Frame) []string {
	var told []string
	for _, notice := range frame.Meta.Notices {
		if text, _, found := strings.Cut(notice.Text, " are missing."); found && notice.Severity == data.NoticeSeverityWarning {
			told = append(told, text)
		}
	}
	return told
}

// missing is what a notice says of the rows of [from, to) that a service could not answer.
func missing(service string, from, to time.Time) string {
	return fmt.Sprintf("This answer is partial: %s failed, so rows from %s to %s", service, from.UTC().Format(time.RFC3339), to.UTC().Format(time.RFC3339))
}

func TestALegThatFailsFailsTheQueryUnlessPartsWillDo(t *testing.T) {
	to := time.Now()
	from := to.AddDate(0, 0, -3)
	for name, leg := range map[string]struct {
		fault          sandbox.Fault
		fails, answers string
	}{
		"Athena":     {sandbox.Fault{Kind: "fail_execution", Operation: "StartQueryExecution", Times: 1, Message: "out of luck"}, "historical", "realtime"},
		"Timestream": {sandbox.Fault{Kind: "error", Operation: "Query", Code: "ValidationException", Times: 1, Message: "out of luck"}, "realtime", "historical"},
	} {
		t.Run(name, func(t *testing.T) {
			plugin, world := start(t), ownWorld(t, "--fast")
			source := sourceOf(t, world)
			query := saved{"sql": "SELECT count(*) AS contacts FROM $__dataset(contacts)", "allowPartial": true}
			boundary := time.UnixMilli(explain(t, plugin, source, query, from, to).Boundary.At)

			order(t, world, leg.fault)
			partial := frame(t, askSaved(t, plugin, source, nil, from, to, query))
			if legs := slicesOf(t, partial); !slices.Equal(legs, []string{leg.answers}) {
				t.Errorf("the partial answer is by %v", legs)
			}
			lacks := missing(name, from, boundary)
			if leg.fails == "realtime" {
				lacks = missing(name, boundary, to)
			}
			if told := partialNotices(partial); !slices.Equal(told, []string{lacks}) {
				t.Errorf("what is missing is told as %q, wanted %q", told, lacks)
			}

			order(t, world, leg.fault)
			if answer := askSaved(t, plugin, source, map[string]string{"FromAlert": "true"}, from, to, query); answer.Error == nil {
				t.Error("an alert rule got a part for the whole")
			}
			order(t, world, leg.fault)
			query["allowPartial"] = false
			if answer := askSaved(t, plugin, source, nil, from, to, query); answer.Error == nil || !strings.Contains(answer.Error.Error(), "out of luck") {
				t.Errorf("the leg's error is not the query's: %v", answer.Error)
			}
			if answer := askSaved(t, plugin, source, nil, from, to, query); answer.Error != nil || len(slicesOf(t, answer.Frames[0])) != 2 {
				t.Errorf("without the fault it does not answer: %v", answer.Error)
			}
		})
	}
}

// An empty bucket may be one whose rows are missing, so that no zero stands for them.
func TestNothingIsFilledInWhereRowsAreMissing(t *testing.T) {
	plugin, world := start(t), ownWorld(t, "--fast")
	source := sourceOf(t, world)
	to := time.Now()
	from := to.AddDate(0, 0, -3)
	query := saved{
		"sql":    "SELECT $__timeGroup(1h) AS time, count(*) AS contacts FROM $__dataset(contacts) GROUP BY 1 ORDER BY 1",
		"format": "time_series", "fill": saved{"mode": "value", "value": 0}, "allowPartial": true,
	}
	boundary := time.UnixMilli(explain(t, plugin, source, query, from, to).Boundary.At)
	order(t, world, sandbox.Fault{Kind: "fail_execution", Operation: "StartQueryExecution", Times: 1})
	before := 0
	for _, row := range grafana.Rows(frame(t, askSaved(t, plugin, source, nil, from, to, query))) {
		if at := row[0].(time.Time); at.Before(boundary) {
			before++
			if row[1] != nil {
				t.Errorf("%v contacts at %s, which nobody answered", row[1], at)
			}
		}
	}
	if before < 48 {
		t.Errorf("%d buckets before the boundary, wanted those of two days at least, empty", before)
	}
}

// longWorld is a sandbox whose Timestream answers half a day of contact_events in many pages. The range has ended, so that its
// rows stay the same.
func longWorld(t *testing.T) (world *sandbox.Sandbox, from, to time.Time) {
	t.Helper()
	to = time.Now().UTC().Truncate(time.Minute).Add(-time.Hour)
	return ownWorld(t, "--fast", "--page-bytes", "16000"), to.Add(-12 * time.Hour), to
}

func TestALongAnswerOfTimestreamIsReadInSlicesSideBySide(t *testing.T) {
	plugin := start(t)
	world, from, to := longWorld(t)
	source := sourceOf(t, world)
	const wait = 1500 * time.Millisecond
	for kind, sql := range map[string]string{
		"rows":    "SELECT time, contact_id, event_type, queue FROM $__dataset(contact_events) ORDER BY time, contact_id, event_type",
		"buckets": "SELECT $__timeGroup(1m) AS time, event_type, channel, count(*) AS steps FROM $__dataset(contact_events) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
		"totals":  "SELECT contact_id, event_type, channel, count(*) AS steps, max(time) AS latest FROM $__dataset(contact_events) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
	} {
		query := saved{"sql": sql}
		whole := frame(t, askSaved(t, plugin, source, nil, from, to, query))
		if runs := runsOf(t, whole); len(runs) != 1 || runs[0].Pages < 4 || whole.Rows() == 0 {
			t.Fatalf("%s: the first answer has %d rows and came so: %+v", kind, whole.Rows(), runs)
		}
		// Were one slice read after another, each of the first four calls would wait in turn.
		order(t, world, sandbox.Fault{Kind: "delay", Operation: "Query", Service: "timestream", Times: 4, Millis: int(wait.Milliseconds())})
		began := time.Now()
		sliced := frame(t, askSaved(t, plugin, source, nil, from, to, query))
		if took := time.Since(began); took > 3*wait {
			t.Errorf("%s: four slices that each wait %s took %s", kind, wait, took)
		}
		if legs := slicesOf(t, sliced); !slices.Equal(legs, []string{"realtime"}) {
			t.Errorf("%s: answered by %v", kind, legs)
		}
		runs := runsOf(t, sliced)
		if len(runs) != 4 || runs[0].From != from.UnixMilli() || runs[3].To != to.UnixMilli() {
			t.Errorf("%s: the second answer came so: %+v", kind, runs)
		}
		one, other := grafana.Rows(whole), grafana.Rows(sliced)
		if len(one) != len(other) {
			t.Fatalf("%s: %d rows in one piece, %d in slices", kind, len(one), len(other))
		}
		for i := range one {
			if fmt.Sprint(one[i]) != fmt.Sprint(other[i]) {
				t.Fatalf("%s: row %d is %v in one piece and %v in slices", kind, i, one[i], other[i])
			}
		}
	}
}

func TestOfSlicesThatFailTheRestAnswersAndTheNoticesNameTheGaps(t *testing.T) {
	plugin := start(t)
	world, from, to := longWorld(t)
	source := sourceOf(t, world)
	query := saved{"sql": "SELECT time, contact_id FROM $__dataset(contact_events) ORDER BY time, contact_id", "allowPartial": true}
	whole := grafana.Rows(frame(t, askSaved(t, plugin, source, nil, from, to, query)))
	planned := explain(t, plugin, source, query, from, to).Slices
	if len(planned) != 4 {
		t.Fatalf("%d slices, wanted 4", len(planned))
	}
	at := func(slice int) time.Time { return time.UnixMilli(planned[slice].From).UTC() }
	for what, one := range map[string]struct {
		fail  []int
		lacks []string
	}{
		"one":                   {[]int{1}, []string{missing("Timestream", at(1), at(2))}},
		"the last":              {[]int{3}, []string{missing("Timestream", at(3), to)}},
		"two beside each other": {[]int{1, 2}, []string{missing("Timestream", at(1), at(3))}},
		"two apart":             {[]int{0, 2}, []string{missing("Timestream", from, at(1)), missing("Timestream", at(2), at(3))}},
	} {
		for _, slice := range one.fail {
			order(t, world, sandbox.Fault{Kind: "error", Operation: "Query", Service: "timestream", Times: 1, Code: "ValidationException",
				SQLContains: fmt.Sprintf("time >= from_milliseconds(%d)", planned[slice].From)})
		}
		answer := frame(t, askSaved(t, plugin, source, nil, from, to, query))
		if told := partialNotices(answer); !slices.Equal(told, one.lacks) {
			t.Errorf("%s failed: what is missing is told as %q, wanted %q", what, told, one.lacks)
		}
		var wanted [][]any
		for _, row := range whole {
			inside := func(slice int) bool {
				moment := row[0].(time.Time).UnixMilli()
				return moment >= planned[slice].From && moment < planned[slice].To
			}
			if !slices.ContainsFunc(one.fail, inside) {
				wanted = append(wanted, row)
			}
		}
		if shown := grafana.Rows(answer); len(wanted) == len(whole) || fmt.Sprint(shown) != fmt.Sprint(wanted) {
			t.Errorf("%s failed: %d of %d rows are shown, wanted %d", what, len(shown), len(whole), len(wanted))
		}
	}
}
