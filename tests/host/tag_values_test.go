package host_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"switchboard/tests/host/sandbox"
)

func TestTheValuesOfAFilterAreKeptForAWhile(t *testing.T) {
	plugin, world := start(t), ownWorld(t)
	source := sourceOf(t, world)
	to := time.Now().UTC().Truncate(5 * time.Minute)
	ask := func(key string, hours int, end time.Time) (int, string) {
		t.Helper()
		target := fmt.Sprintf("tag-values?key=%s&from=%d&to=%d", key, end.Add(-time.Duration(hours)*time.Hour).UnixMilli(), end.UnixMilli())
		status, body, err := plugin.Resource(within(t, time.Minute), source, target)
		if err != nil {
			t.Fatal(err)
		}
		return status, string(body)
	}
	statements := func() int {
		t.Helper()
		calls, err := world.Calls(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		count := 0
		for _, call := range calls {
			if call.Operation == "Query" || call.Operation == "StartQueryExecution" {
				count++
			}
		}
		return count
	}

	order(t, world, sandbox.Fault{Kind: "error", Operation: "Query", Service: "timestream", Times: 1, Code: "ValidationException"})
	if status, body := ask("event_type", 6, to); status == http.StatusOK {
		t.Fatalf("a failure is answered with %s", body)
	}
	var first string
	for i, one := range []struct {
		what   string
		key    string
		hours  int
		end    time.Time
		status int
		asked  int
	}{
		{"after a failure", "event_type", 6, to, http.StatusOK, 2},
		{"again", "event_type", 6, to, http.StatusOK, 2},
		{"moments later, in the same five minutes", "event_type", 6, to.Add(100 * time.Second), http.StatusOK, 2},
		{"by the dataset's name", "contact_events.event_type", 6, to, http.StatusOK, 2},
		{"another column", "contact_events.channel", 6, to, http.StatusOK, 3},
		{"the same column of another dataset", "agent_events.event_type", 6, to, http.StatusOK, 4},
		{"a longer range", "event_type", 7, to, http.StatusOK, 5},
		{"a range that ends elsewhere", "event_type", 6, to.Add(-time.Hour), http.StatusOK, 6},
		{"the first again", "event_type", 6, to, http.StatusOK, 6},
		{"no such column", "nothing", 6, to, http.StatusBadRequest, 6},
	} {
		status, body := ask(one.key, one.hours, one.end)
		if status != one.status {
			t.Errorf("%s: %d %s", one.what, status, body)
		}
		if asked := statements(); asked != one.asked {
			t.Fatalf("%s: AWS was asked %d times, wanted %d", one.what, asked, one.asked)
		}
		if i == 0 {
			first = body
		} else if one.asked == 2 && body != first {
			t.Errorf("%s: %s, and before %s", one.what, body, first)
		}
	}
}

func TestTheValuesOfAFilterOverAPastRangeComeFromTheLegThatHoldsIt(t *testing.T) {
	plugin := start(t)
	world, err := sandbox.Start(within(t, time.Minute), sandboxBinary, sandbox.Options{Agents: 5, Days: 5})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(world.Stop)
	source := sourceOf(t, world)
	end := time.Now().UTC().Truncate(24 * time.Hour).Add(-48 * time.Hour)
	target := fmt.Sprintf("tag-values?key=contacts.queue&from=%d&to=%d", end.Add(-24*time.Hour).UnixMilli(), end.UnixMilli())
	status, body, err := plugin.Resource(within(t, time.Minute), source, target)
	if err != nil || status != http.StatusOK {
		t.Fatal(status, string(body), err)
	}
	if !strings.Contains(string(body), `"Billing"`) {
		t.Errorf("no queue of three days ago: %s", body)
	}
	calls, err := world.Calls(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, call := range calls {
		if call.Operation == "Query" {
			t.Error("Timestream was asked for a day that it no longer holds")
		}
	}
}
