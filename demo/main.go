// Command demo shows contact-centre panels answered by the plugin as Grafana would load it, from an AWS that is generated
// and runs on this machine, and checks every number shown against the generator's own counts. With -serve it then serves the
// bundled dashboards, the query editor and the settings page to a browser until interrupted.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"

	"switchboard/demo/preview"
	"switchboard/tests/host/grafana"
	"switchboard/tests/host/sandbox"
)

// settings of the demo, relative to the repository's root, from which it is run.
var (
	pluginBinary  = flag.String("plugin", "target/debug/gpx_switchboard", "the plugin's binary")
	sandboxBinary = flag.String("sandbox", "target/debug/sandbox", "the sandbox's binary")
	provisioning  = flag.String("provisioning", "provisioning/datasources/switchboard-sandbox.yaml", "the data source")
	agents        = flag.Int("agents", 80, "people who work in the contact centre")
	days          = flag.Int("days", 30, "days of history")

	shown      = flag.Bool("panels", true, "print panels, and check their figures")
	serve      = flag.String("serve", "", "then serve the preview on this loopback address, such as 127.0.0.1:3333, until interrupted")
	page       = flag.String("page", "target/preview", "the preview's page, built")
	dist       = flag.String("dist", "dist", "the plugin's browser half, built")
	dashboards = flag.String("dashboards", "provisioning/dashboards", "the dashboards that the preview shows")
)

func main() {
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, newTerminal(os.Stdout))
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "demo: %v\n", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, t *terminal) error {
	t.line("")
	t.line("%s", t.paint(bold, "Switchboard, answering panels as Grafana would ask for them"))
	t.line("")
	world, plugin, source, err := prepare(ctx, t)
	if world != nil {
		defer world.Stop()
	}
	if plugin != nil {
		defer plugin.Stop()
	}
	if err != nil {
		return err
	}
	if *shown {
		if err := printPanels(ctx, t, world, plugin, source); err != nil {
			return err
		}
	}
	if *serve == "" {
		return nil
	}
	return servePreview(ctx, t, plugin, source)
}

// servePreview serves until interrupted.
func servePreview(ctx context.Context, t *terminal, plugin *grafana.Plugin, source *grafana.Source) error {
	handler := preview.Handler(plugin, []*grafana.Source{source}, preview.Folders{
		Page: *page, Plugin: *dist, Dashboards: *dashboards,
	})
	return preview.Serve(ctx, *serve, handler, func(url string) {
		t.line("  %s  dashboards, query editor and settings page with Grafana's own components:", t.paint(bold, "preview"))
		t.line("  %s", t.paint(cyan, url))
		t.line("  %s", t.paint(dim, "It is not Grafana, and keeps nothing. Ctrl+C ends it."))
	})
}

// printPanels prints every panel, with its figures checked.
func printPanels(ctx context.Context, t *terminal, world *sandbox.Sandbox, plugin *grafana.Plugin, source *grafana.Source) error {
	// Events take a second or two to arrive: what is older than this will not change any more while the demo runs.
	now := time.Now().Add(-5 * time.Second).Truncate(time.Second)
	agreed := 0
	for _, panel := range panels(now, *days) {
		checked, err := show(ctx, t, plugin, source, world, panel)
		if err != nil {
			return fmt.Errorf("%s: %w", panel.title, err)
		}
		agreed += checked
	}
	t.line("")
	t.line("%s %s", t.paint(green, "✓"), t.paint(bold, fmt.Sprintf("%s figures shown, each equal to what the generator counts by itself, without SQL", grouped(int64(agreed)))))
	t.line("")
	return nil
}

// prepare starts the sandbox and the plugin, and checks that the data source is well.
func prepare(ctx context.Context, t *terminal) (*sandbox.Sandbox, *grafana.Plugin, *grafana.Source, error) {
	began := time.Now()
	t.line("  generating %d days of a contact centre with %d agents ...", *days, *agents)
	world, err := sandbox.Start(ctx, *sandboxBinary, sandbox.Options{
		Agents:   *agents,
		Days:     *days,
		Progress: func(line string) { t.line("  %s", t.paint(dim, line)) },
	})
	if err != nil {
		return nil, nil, nil, err
	}
	t.step("AWS is played by the sandbox at "+world.URL, time.Since(began))

	source, err := world.Source(*provisioning)
	if err != nil {
		return world, nil, nil, err
	}
	plugin, err := grafana.Start(*pluginBinary)
	if err != nil {
		return world, nil, nil, err
	}
	t.step("plugin loaded by go-plugin, gRPC over a unix socket", plugin.Handshake)

	began = time.Now()
	health, err := plugin.Health(ctx, source)
	if err != nil {
		return world, plugin, nil, err
	}
	if health.Status != backend.HealthStatusOk {
		return world, plugin, nil, errors.New(health.Message)
	}
	t.step("data source "+source.Name+" is well", time.Since(began))
	t.labelled("", health.Message, dim)
	return world, plugin, source, nil
}

// show asks for a panel, prints it, and answers how many of its figures agree with the generator.
func show(ctx context.Context, t *terminal, plugin *grafana.Plugin, source *grafana.Source, world *sandbox.Sandbox, panel panel) (int, error) {
	frame, err := panel.ask(ctx, plugin, source)
	if err != nil {
		return 0, err
	}
	t.heading(panel.title, panel.legText())
	panel.print(t, frame)
	t.line("")
	t.labelled("SQL", panel.sql, "")
	if frame.Meta != nil {
		t.printPlan(frame)
		for _, notice := range frame.Meta.Notices {
			t.labelled("note", notice.Text, yellow)
		}
	}
	t.labelled("cost", costOf(frame), "")
	checked, err := panel.check(ctx, world, panel, frame)
	if err != nil {
		t.labelled("check", err.Error(), red)
		return 0, errors.New("the figures shown are not the generator's")
	}
	t.labelled("check", fmt.Sprintf("%s figures, all equal to the generator's own", grouped(int64(checked))), green)
	return checked, nil
}

// ask sends the panel's query and answers its one frame.
func (p panel) ask(ctx context.Context, plugin *grafana.Plugin, source *grafana.Source) (*data.Frame, error) {
	answers, err := plugin.Query(ctx, source, grafana.Query{
		JSON: map[string]any{"refId": "A", "route": p.leg, "format": p.format, "sql": p.sql},
		From: p.from,
		To:   p.to,
	})
	if err != nil {
		return nil, err
	}
	answer := answers["A"]
	if answer.Error != nil {
		return nil, answer.Error
	}
	if len(answer.Frames) != 1 {
		return nil, fmt.Errorf("answered with %d frames", len(answer.Frames))
	}
	return answer.Frames[0], nil
}
