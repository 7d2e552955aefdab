// Package host_test loads the plugin the way Grafana does and asks it everything that Grafana asks. Figures are compared
// with ones that the sandbox works out from its generator, not by SQL.
package host_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"

	"switchboard/tests/host/grafana"
	"switchboard/tests/host/sandbox"
)

const provisioning = "../../provisioning/datasources/switchboard-sandbox.yaml"

var (
	pluginBinary  = binary("SWITCHBOARD_PLUGIN", "gpx_switchboard")
	sandboxBinary = binary("SWITCHBOARD_SANDBOX_BINARY", "sandbox")
)

// binary is the path in the environment variable, else the development build.
func binary(variable, name string) string {
	path, err := filepath.Abs(cmp.Or(os.Getenv(variable), filepath.Join("../../target/debug", name)))
	if err != nil {
		panic(err)
	}
	return path
}

// shared is the sandbox of all tests that do no harm to it.
var shared struct {
	once  sync.Once
	world *sandbox.Sandbox
	err   error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if shared.world != nil {
		shared.world.Stop()
	}
	os.Exit(code)
}

// sharedWorld is a sandbox that other tests use at the same time.
func sharedWorld(t testing.TB) *sandbox.Sandbox {
	t.Helper()
	shared.once.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		defer cancel()
		shared.world, shared.err = sandbox.Start(ctx, sandboxBinary, sandbox.Options{Agents: 60, Days: 4})
	})
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.world
}

// ownWorld is a sandbox for this test alone, to be counted, broken and killed. It has hardly any data.
func ownWorld(t testing.TB, arguments ...string) *sandbox.Sandbox {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	world, err := sandbox.Start(ctx, sandboxBinary, sandbox.Options{Agents: 5, Days: 1, Arguments: arguments})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(world.Stop)
	return world
}

// sourceOf is the provisioned data source of a sandbox, with a uid of this test's.
func sourceOf(t testing.TB, world *sandbox.Sandbox) *grafana.Source {
	t.Helper()
	source, err := world.Source(provisioning)
	if err != nil {
		t.Fatal(err)
	}
	source.UID = t.Name()
	return source
}

// start starts a plugin for the length of one test.
func start(t testing.TB, env ...string) *grafana.Plugin {
	t.Helper()
	plugin, err := grafana.Start(pluginBinary, env...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(plugin.Stop)
	return plugin
}

// panel is a query as a dashboard saves it.
type panel struct {
	RefID  string `json:"refId"`
	Route  string `json:"route"`
	Format string `json:"format"`
	Layout string `json:"layout,omitempty"`
	SQL    string `json:"sql"`
}

// ask sends the panels in one request, over the range [from, to].
func ask(ctx context.Context, plugin *grafana.Plugin, source *grafana.Source, from, to time.Time, panels ...panel) (backend.Responses, error) {
	var queries []grafana.Query
	for i, one := range panels {
		one.RefID = cmp.Or(one.RefID, string(rune('A'+i)))
		one.Format = cmp.Or(one.Format, "table")
		queries = append(queries, grafana.Query{RefID: one.RefID, JSON: one, From: from, To: to})
	}
	answers, err := plugin.Query(ctx, source, queries...)
	if err == nil && len(answers) != len(panels) {
		err = fmt.Errorf("%d queries have %d answers", len(panels), len(answers))
	}
	return answers, err
}

// frame is the one frame that a panel is answered with; the test fails if it is not.
func frame(t testing.TB, answer backend.DataResponse) *data.Frame {
	t.Helper()
	if answer.Error != nil {
		t.Fatal(answer.Error)
	}
	if len(answer.Frames) != 1 {
		t.Fatalf("answered with %d frames, wanted one", len(answer.Frames))
	}
	return answer.Frames[0]
}

// selectOne asks both legs for the simplest of all answers.
func selectOne(ctx context.Context, plugin *grafana.Plugin, source *grafana.Source) error {
	answers, err := ask(ctx, plugin, source, time.Now().Add(-time.Hour), time.Now(),
		panel{Route: "realtime", SQL: "SELECT 1 AS one"}, panel{Route: "historical", SQL: "SELECT 1 AS one"})
	if err != nil {
		return err
	}
	var failures []error
	for refID, answer := range answers {
		if answer.Error != nil {
			failures = append(failures, fmt.Errorf("query %s: %w", refID, answer.Error))
		} else if rows := grafana.Rows(answer.Frames[0]); len(rows) != 1 || fmt.Sprint(rows[0][0]) != "1" {
			failures = append(failures, fmt.Errorf("query %s answers %v, not 1", refID, rows))
		}
	}
	return errors.Join(failures...)
}

// within is a context for one step of a test.
func within(t testing.TB, limit time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	return ctx
}
