package host_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"switchboard/tests/host/sandbox"
)

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
