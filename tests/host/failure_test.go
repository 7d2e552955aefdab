package host_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"switchboard/tests/host/sandbox"
)

func TestACancelledCallCancelsInAWSInTheRightRegion(t *testing.T) {
	for name, leg := range map[string]struct {
		route, starts, cancels, region string
		slow                           sandbox.Fault
	}{
		"Timestream": {"realtime", "Query", "CancelQuery", "eu-west-1", sandbox.Fault{Kind: "empty_pages", Operation: "Query", Service: "timestream", Times: 0}},
		"Athena":     {"historical", "StartQueryExecution", "StopQueryExecution", "eu-west-2", sandbox.Fault{Kind: "slow_execution", Times: 1, Millis: 60_000}},
	} {
		t.Run(name, func(t *testing.T) {
			world := ownWorld(t)
			plugin, source := start(t), sourceOf(t, world)
			order(t, world, leg.slow)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			ended := make(chan error, 1)
			go func() {
				_, err := ask(ctx, plugin, source, time.Now().Add(-time.Hour), time.Now(), panel{Route: leg.route, SQL: "SELECT 1"})
				ended <- err
			}()
			waitForCall(t, world, leg.starts)
			cancel()
			if err := <-ended; err == nil {
				t.Error("the cancelled call was answered")
			}
			call := waitForCall(t, world, leg.cancels)
			if call.Region != leg.region || call.Status != http.StatusOK || call.Subject == "" {
				t.Errorf("%s went to %s for %q and was answered %d, wanted %s", leg.cancels, call.Region, call.Subject, call.Status, leg.region)
			}
		})
	}
}

func TestAWSGoneInTheMiddleIsAnErrorWithinTheTimeout(t *testing.T) {
	for name, leg := range map[string]struct {
		route, starts string
		slow          sandbox.Fault
	}{
		"Timestream": {"realtime", "Query", sandbox.Fault{Kind: "delay", Operation: "Query", Times: 1, Millis: 60_000}},
		"Athena":     {"historical", "StartQueryExecution", sandbox.Fault{Kind: "slow_execution", Times: 1, Millis: 60_000}},
	} {
		t.Run(name, func(t *testing.T) {
			world := ownWorld(t)
			const timeout = 10 * time.Second
			plugin := start(t)
			source := sourceOf(t, world).With(func(settings map[string]any) {
				settings["limits"] = map[string]any{"timeoutSeconds": timeout.Seconds()}
			})
			order(t, world, leg.slow)
			type outcome struct {
				answers backend.Responses
				err     error
			}
			ended := make(chan outcome, 1)
			go func() {
				answers, err := ask(t.Context(), plugin, source, time.Now().Add(-time.Hour), time.Now(), panel{Route: leg.route, SQL: "SELECT 1"})
				ended <- outcome{answers, err}
			}()
			if leg.route == "historical" {
				waitForCall(t, world, leg.starts)
			} else {
				time.Sleep(500 * time.Millisecond)
			}
			world.Stop()
			select {
			case got := <-ended:
				if got.err != nil {
					t.Fatalf("the whole call failed: %v", got.err)
				}
				answer := got.answers["A"]
				if answer.Error == nil || (answer.Status != http.StatusBadGateway && answer.Status != http.StatusGatewayTimeout) {
					t.Errorf("status %d, error %v; wanted 502 or 504", answer.Status, answer.Error)
				}
				t.Logf("%d: %v", answer.Status, answer.Error)
			case <-time.After(timeout + 5*time.Second):
				t.Fatal("still waiting after the timeout")
			}
			if err := plugin.Ping(); err != nil {
				t.Errorf("the plugin went with it: %v", err)
			}
		})
	}
}

func TestAnExecutionThatNeverEndsTimesOut(t *testing.T) {
	world := ownWorld(t)
	plugin := start(t)
	source := sourceOf(t, world).With(func(settings map[string]any) { settings["limits"] = map[string]any{"timeoutSeconds": 1} })
	order(t, world, sandbox.Fault{Kind: "slow_execution", Times: 1, Millis: 60_000})
	answers, err := ask(within(t, 20*time.Second), plugin, source, time.Now().Add(-time.Hour), time.Now(), panel{Route: "historical", SQL: "SELECT 1"})
	if err != nil {
		t.Fatal(err)
	}
	if answer := answers["A"]; answer.Error == nil || answer.Status != http.StatusGatewayTimeout {
		t.Errorf("status %d, error %v; wanted 504", answer.Status, answer.Error)
	}
	if call := waitForCall(t, world, "StopQueryExecution"); call.Region != "eu-west-2" {
		t.Errorf("the execution was stopped in %s", call.Region)
	}
}

func TestWhatAWSRefusesSaysWhatToDo(t *testing.T) {
	for name, example := range map[string]struct {
		route  string
		fault  sandbox.Fault
		status int
		says   []string
	}{
		"throttled Timestream": {"realtime", sandbox.Fault{Kind: "error", Operation: "Query", Code: "ThrottlingException", Status: 400}, 429, nil},
		"throttled Athena":     {"historical", sandbox.Fault{Kind: "error", Operation: "StartQueryExecution", Code: "TooManyRequestsException", Status: 400}, 429, nil},
		"denied Timestream": {"realtime", sandbox.Fault{Kind: "error", Operation: "Query", Code: "AccessDeniedException", Status: 403,
			Message: "User: arn:aws:sts::000000000000:assumed-role/grafana/x is not authorized to perform: timestream:Select on resource: arn:aws:timestream:eu-west-1:000000000000:database/connect/table/contact_events because no identity-based policy allows the timestream:Select action"},
			403, []string{"timestream:Select", "contact_events", "eu-west-1"}},
		"denied Athena": {"historical", sandbox.Fault{Kind: "error", Operation: "StartQueryExecution", Code: "AccessDeniedException", Status: 400,
			Message: "You are not authorized to perform: athena:StartQueryExecution on the resource. After your AWS administrator or you have updated your permissions, please try again."},
			403, []string{"athena:StartQueryExecution", "eu-west-2"}},
		"failed execution":  {"historical", sandbox.Fault{Kind: "fail_execution", Operation: "StartQueryExecution"}, 0, nil},
		"no JSON":           {"realtime", sandbox.Fault{Kind: "html", Operation: "Query"}, 502, nil},
		"broken connection": {"historical", sandbox.Fault{Kind: "reset", Operation: "StartQueryExecution"}, 502, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			world := ownWorld(t)
			// Throttled calls are tried again until the query's time is up.
			plugin, source := start(t), sourceOf(t, world).With(func(settings map[string]any) {
				settings["limits"] = map[string]any{"timeoutSeconds": 8}
			})
			order(t, world, example.fault)
			answers, err := ask(within(t, time.Minute), plugin, source, time.Now().Add(-time.Hour), time.Now(), panel{Route: example.route, SQL: "SELECT 1"})
			if err != nil {
				t.Fatal(err)
			}
			answer := answers["A"]
			if answer.Error == nil || (example.status != 0 && int(answer.Status) != example.status) {
				t.Fatalf("status %d, error %v; wanted %d", answer.Status, answer.Error, example.status)
			}
			for _, part := range example.says {
				if !strings.Contains(answer.Error.Error(), part) {
					t.Errorf("the error does not name %s: %v", part, answer.Error)
				}
			}
			if answer.ErrorSource != backend.ErrorSourceDownstream {
				t.Errorf("the %s is blamed", answer.ErrorSource)
			}
			if err := world.ClearFaults(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := selectOne(within(t, time.Minute), plugin, source); err != nil {
				t.Errorf("after the fault: %v", err)
			}
		})
	}
}

func TestHealthTellsLegByLegWhatToDo(t *testing.T) {
	world := sharedWorld(t)
	plugin := start(t)
	good := sourceOf(t, world)
	health, err := plugin.Health(within(t, time.Minute), good)
	if err != nil {
		t.Fatal(err)
	}
	if health.Status != backend.HealthStatusOk {
		t.Errorf("a good data source is %v: %s %s", health.Status, health.Message, health.JSONDetails)
	}
	for _, part := range []string{"Timestream", "eu-west-1", "Athena", "eu-west-2"} {
		if !strings.Contains(health.Message, part) {
			t.Errorf("the message does not name %s: %s", part, health.Message)
		}
	}
	set := func(section, key string, value any) func(map[string]any) {
		return func(settings map[string]any) { settings[section].(map[string]any)[key] = value }
	}
	for name, example := range map[string]struct {
		change func(settings map[string]any)
		secret string
		says   string
	}{
		"Timestream where it is not":  {change: set("realtime", "region", "eu-west-2"), says: "eu-west-1"},
		"Timestream in a wrong place": {change: set("realtime", "region", "us-east-1"), says: "us-east-1"},
		"Athena in a wrong place":     {change: set("historical", "region", "eu-west-1"), says: "eu-west-1"},
		"no such workgroup":           {change: set("historical", "workgroup", "nobody"), says: "nobody"},
		"nothing listens":             {change: set("historical", "endpoint", "http://127.0.0.1:1"), says: "127.0.0.1:1"},
		"a wrong secret key":          {change: func(map[string]any) {}, secret: "wrong", says: "secret"},
		"a setting misspelt":          {change: set("historical", "workGroup", "x"), says: "workgroup"},
	} {
		t.Run(name, func(t *testing.T) {
			source := good.With(example.change)
			source.UID = t.Name()
			if example.secret != "" {
				source.Secrets["secretKey"] = example.secret
			}
			health, err := plugin.Health(within(t, time.Minute), source)
			if err != nil {
				t.Fatal(err)
			}
			told := health.Message + string(health.JSONDetails)
			if health.Status != backend.HealthStatusError || !strings.Contains(told, example.says) {
				t.Errorf("%v: %s; wanted an error that names %q", health.Status, told, example.says)
			}
			t.Log(health.Message)
		})
	}
}

func TestResourcesListWhatIsThere(t *testing.T) {
	plugin, source := start(t), sourceOf(t, sharedWorld(t))
	for target, wanted := range map[string]string{
		"regions":                          "eu-west-1",
		"realtime/databases":               "connect",
		"realtime/tables?database=connect": "agent_events",
		"realtime/columns?database=connect&table=contact_events":  "event_type",
		"realtime/measures?database=connect&table=contact_events": "event",
		"historical/catalogs":                                       "AwsDataCatalog",
		"historical/databases":                                      "connect",
		"historical/tables?database=connect":                        "contact_records",
		"historical/columns?database=connect&table=contact_records": "initiationtimestamp",
		"historical/workgroups":                                     "primary",
	} {
		status, body, err := plugin.Resource(within(t, time.Minute), source, target)
		if err != nil {
			t.Fatal(err)
		}
		if status != http.StatusOK || !strings.Contains(string(body), `"`+wanted+`"`) {
			t.Errorf("%s: %d %s, wanted %s", target, status, body, wanted)
		}
	}
	for target, wanted := range map[string]int{
		"nothing":                             http.StatusNotFound,
		"historical/columns?database=connect": http.StatusBadRequest,
		"historical/columns?database=connect&table=nobody": http.StatusNotFound,
	} {
		status, body, err := plugin.Resource(within(t, time.Minute), source, target)
		if err != nil {
			t.Fatal(err)
		}
		if status != wanted || !strings.Contains(string(body), `"message"`) {
			t.Errorf("%s: %d %s, wanted %d and a message", target, status, body, wanted)
		}
	}
}

func TestMetricsCountWhatWasAsked(t *testing.T) {
	plugin, source := start(t), sourceOf(t, sharedWorld(t))
	if err := selectOne(within(t, time.Minute), plugin, source); err != nil {
		t.Fatal(err)
	}
	_, _ = ask(within(t, time.Minute), plugin, source, time.Now().Add(-time.Hour), time.Now(), panel{Route: "historical", SQL: "SELECT * FROM nobody"})
	metrics, err := plugin.Metrics(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, leg := range []string{`leg="realtime"`, `leg="historical"`} {
		if !strings.Contains(metrics, leg) {
			t.Errorf("the metrics say nothing of %s:\n%s", leg, metrics)
		}
	}
	if !strings.Contains(metrics, "# TYPE") || !strings.Contains(metrics, "# HELP") {
		t.Errorf("not Prometheus text:\n%s", metrics)
	}
}
