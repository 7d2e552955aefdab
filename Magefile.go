//go:build mage

// The project's commands: `go tool mage -l` lists them, `go tool mage demo` and `go tool mage test` are the two to know.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"switchboard/build"
)

// Demo builds everything, starts a stand-in for AWS, shows contact-centre panels answered through the plugin, and then serves
// dashboards, query editor and settings page to a browser until interrupted. Without a terminal it ends after the panels.
func Demo(ctx context.Context) error {
	if err := buildDemo(ctx); err != nil {
		return err
	}
	if !build.IsTerminal(os.Stdin) || !build.IsTerminal(os.Stdout) {
		build.Say("no terminal: printing the panels alone (`go tool mage preview` serves the pages anyway)")
		return build.Run(ctx, demoBinary)
	}
	if err := build.Preview(ctx, "."); err != nil {
		return err
	}
	return build.Run(ctx, demoBinary, "-serve", previewAddress)
}

// Panels is the demo's printing run alone, for scripts.
func Panels(ctx context.Context) error {
	if err := buildDemo(ctx); err != nil {
		return err
	}
	return build.Run(ctx, demoBinary)
}

// Preview serves the demo's pages alone, until interrupted.
func Preview(ctx context.Context) error {
	if err := buildDemo(ctx); err != nil {
		return err
	}
	if err := build.Preview(ctx, "."); err != nil {
		return err
	}
	return build.Run(ctx, demoBinary, "-panels=false", "-serve", previewAddress)
}

// previewAddress is where the demo serves its pages, if it is free.
const previewAddress = "127.0.0.1:3333"

// demoBinary is relative to the repository's root, with the dot that running it needs.
const demoBinary = "./target/go/demo"

func buildDemo(ctx context.Context) error {
	if err := Build(ctx); err != nil {
		return err
	}
	build.Say("building the demo's host: go-plugin and Grafana's Go SDK (a minute the first time)")
	return build.Run(ctx, "go", "build", "-o", demoBinary, "./demo")
}

// Test runs everything that must hold: lint, unit, property and sandbox tests, the browser half's tests, the plugin loaded as
// Grafana loads it, moto, the demo with its figures checked, the pages in Chromium, and the module in older and newer hosts.
func Test(ctx context.Context) error {
	fetched := build.FetchBrowserPackages(ctx, ".")
	steps := []func(context.Context) error{Lint, Unit, FrontendTest, Host, Moto, Panels, fetched, Browser, Compat}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	build.Say("everything passed")
	return nil
}

// Build makes the development build of the plugin and of the sandbox, in target/debug.
func Build(ctx context.Context) error {
	if err := build.Require("cargo", "cc", "go"); err != nil {
		return err
	}
	build.Say("building the plugin and the sandbox (about five minutes on two cores the first time, then seconds)")
	return build.Run(ctx, "cargo", "build", "--locked", "--workspace")
}

// Frontend builds the browser half into dist/, beside a backend's binary that may be there.
func Frontend(ctx context.Context) error {
	return build.Frontend(ctx, ".")
}

// FrontendTest builds the browser half and runs its tests.
func FrontendTest(ctx context.Context) error {
	return build.FrontendTest(ctx, ".")
}

// Lint checks format and lints of all languages, and the licences, sources and duplicates among the backend's dependencies.
func Lint(ctx context.Context) error {
	if err := build.Require("cargo", "cc", "go"); err != nil {
		return err
	}
	if err := build.GoFormat(ctx, "Magefile.go", "build", "demo", "tests"); err != nil {
		return err
	}
	for _, command := range []string{
		"go vet ./...",
		"go vet -tags mage Magefile.go",
		"cargo fmt --all --check",
		"cargo clippy --locked --workspace --all-targets --quiet -- -D warnings",
	} {
		words := strings.Fields(command)
		if err := build.Run(ctx, words[0], words[1:]...); err != nil {
			return err
		}
	}
	if err := build.FrontendLint(ctx, "."); err != nil {
		return err
	}
	return build.Deny(ctx, ".")
}

// Unit runs the Rust tests: units, properties, and both engines against the sandbox, faults included.
func Unit(ctx context.Context) error {
	if err := build.Require("cargo", "cc"); err != nil {
		return err
	}
	return build.Run(ctx, "cargo", "test", "--locked", "--workspace")
}

// Prove holds 20,000 generated panels over the seam against one engine that has all the data; Unit does 2,000.
func Prove(ctx context.Context) error {
	if err := build.Require("cargo", "cc"); err != nil {
		return err
	}
	build.Say("proving the seam over 20,000 panels (about ten minutes on two cores)")
	environment := []string{"SWITCHBOARD_PROOF_CASES=20000"}
	return build.RunWith(ctx, environment, "cargo", "test", "--locked", "--workspace", "--test", "seam", "--", "--nocapture")
}

// Host loads the plugin the way Grafana does and asks it everything that Grafana asks.
func Host(ctx context.Context) error {
	if err := Build(ctx); err != nil {
		return err
	}
	return build.Run(ctx, "go", "test", "-count=1", "-timeout", "10m", "./build/...", "./demo/...", "./tests/host/...")
}

// Browser does in Chromium what people do: settings, editors, dashboards, over the plugin and the sandbox.
func Browser(ctx context.Context) error {
	if err := buildDemo(ctx); err != nil {
		return err
	}
	return build.Browser(ctx, ".")
}

// Compat loads the built module in hosts of Grafana 11.6 and 13.2: two minutes, most of it for their packages the first time.
func Compat(ctx context.Context) error {
	if err := buildDemo(ctx); err != nil {
		return err
	}
	return build.Compat(ctx, ".")
}

// Moto asks moto, another project's AWS, for a second opinion on the wire protocols.
func Moto(ctx context.Context) error {
	if err := Build(ctx); err != nil {
		return err
	}
	executables, err := build.PythonTools(ctx, ".", "moto", "tests/moto/requirements.txt")
	if errors.Is(err, build.ErrNoPython) && os.Getenv("CI") == "" {
		build.Say("skipped moto: %v", err)
		return nil
	}
	if err != nil {
		return err
	}
	python, err := filepath.Abs(filepath.Join(executables, "python"))
	if err != nil {
		return err
	}
	return build.RunWith(ctx, []string{"MOTO_PYTHON=" + python}, "go", "test", "-count=1", "-timeout", "5m", "./tests/moto/...")
}

// Bench measures, in release: handshake, memory, a panel's latency through the host, and the hot paths by criterion.
func Bench(ctx context.Context) error {
	if err := build.Require("cargo", "cc", "go"); err != nil {
		return err
	}
	build.Say("building for release (ten minutes and more on two cores the first time)")
	if err := build.Run(ctx, "cargo", "build", "--locked", "--release", "--bin", "gpx_switchboard"); err != nil {
		return err
	}
	if err := build.Run(ctx, "cargo", "build", "--locked", "--workspace"); err != nil {
		return err
	}
	plugin, err := filepath.Abs(filepath.Join("target", "release", "gpx_switchboard"))
	if err != nil {
		return err
	}
	environment := []string{"SWITCHBOARD_PLUGIN=" + plugin}
	if err := build.RunWith(ctx, environment, "go", "test", "-run", "^$", "-bench", ".", "./tests/host"); err != nil {
		return err
	}
	return build.Run(ctx, "cargo", "bench", "--locked", "--package", "switchboard")
}

// Package makes what Grafana installs: dist/ and the zip, with a binary that runs on any Linux, and tries it in an empty root.
func Package(ctx context.Context) error {
	return packaged(ctx, build.Release)
}

// Trial does what Package does with a development build, in a third of the time: the zip, in target/package, is not to be shipped.
func Trial(ctx context.Context) error {
	return packaged(ctx, build.Development)
}

func packaged(ctx context.Context, profile build.Profile) error {
	if err := build.Require("cargo", "cc", "go"); err != nil {
		return err
	}
	archive, err := build.Package(ctx, ".", profile)
	if err != nil {
		return err
	}
	if err := build.Run(ctx, "cargo", "build", "--locked", "--workspace"); err != nil {
		return err
	}
	if err := build.Run(ctx, "go", "test", "-count=1", "-v", "./tests/package"); err != nil {
		return err
	}
	build.Say("packaged %s", archive)
	return nil
}

// Sandbox starts the stand-in for AWS on port 4566 and keeps it until interrupted.
func Sandbox(ctx context.Context) error {
	if err := build.Require("cargo", "cc"); err != nil {
		return err
	}
	if err := build.Run(ctx, "cargo", "build", "--locked", "--workspace"); err != nil {
		return err
	}
	fmt.Println("Point a Grafana at it with provisioning/datasources/switchboard-sandbox.yaml and SWITCHBOARD_SANDBOX=http://127.0.0.1:4566.")
	return build.Run(ctx, "./target/debug/sandbox", "--port", "4566", "--agents", "200", "--days", "30")
}

// Grafana runs the Grafana that GRAFANA_HOME names, with the plugin, its dashboards and alert rules and a sandbox, until
// interrupted.
func Grafana(ctx context.Context) error {
	debug := filepath.Join("target", "debug")
	local := build.LocalGrafana{
		Root:    ".",
		Home:    os.Getenv("GRAFANA_HOME"),
		Plugin:  filepath.Join(debug, "gpx_switchboard"),
		Sandbox: "./" + filepath.Join(debug, "sandbox"),
	}
	// Before minutes of building.
	if err := local.Found(); err != nil {
		return err
	}
	if err := Build(ctx); err != nil {
		return err
	}
	if err := Frontend(ctx); err != nil {
		return err
	}
	return local.Run(ctx)
}
