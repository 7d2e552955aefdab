package build

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// chromiums are the names that a Chromium goes by.
var chromiums = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}

// ErrNoChromium says that this machine has no browser to test in. Nothing that ships needs one, so whoever asks may go
// without, and says so.
var ErrNoChromium = errors.New("no Chromium on the path (Debian: apt-get install chromium), nor at SWITCHBOARD_CHROMIUM")

// Browser builds the pages and tests them in Chromium. Without a Chromium it fails in CI and is skipped elsewhere.
func Browser(ctx context.Context, root string) error {
	return withChromium("the browser tests", func(chromium string) error {
		if err := Preview(ctx, root); err != nil {
			return err
		}
		return browserScript(ctx, root, chromium, "test")
	})
}

// hosts are the Grafana versions, besides the one built against, whose packages must load the module.
var hosts = []string{"11.6", "13.2"}

// Compat loads the built module in hosts of other Grafana versions, in Chromium, as Browser has it.
func Compat(ctx context.Context, root string) error {
	return withChromium("the hosts of other Grafana versions", func(chromium string) error {
		return compat(ctx, root, chromium)
	})
}

func compat(ctx context.Context, root, chromium string) error {
	if err := Preview(ctx, root); err != nil {
		return err
	}
	for _, version := range hosts {
		packages := filepath.Join(root, "tests", "browser", "compat", version)
		if err := InstallPackages(ctx, packages); err != nil {
			return err
		}
		if err := Run(ctx, "node", filepath.Join(root, "frontend", "preview", "build.mjs"), "--entry", "compat.tsx",
			"--packages", packages, "--out", filepath.Join(root, "target", "compat", version)); err != nil {
			return err
		}
	}
	return browserScript(ctx, root, chromium, "compat")
}

// FetchBrowserPackages begins to install what Browser and Compat need from npm, and answers what waits for the end of it. The
// network is idle while compilers work, and they are while it is waited for.
func FetchBrowserPackages(ctx context.Context, root string) func(context.Context) error {
	fetched := make(chan error, 1)
	go func() {
		fetched <- withChromium("fetching packages for a browser", func(string) error {
			return fetchBrowserPackages(ctx, root)
		})
	}()
	return func(ctx context.Context) error {
		select {
		case err := <-fetched:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func fetchBrowserPackages(ctx context.Context, root string) error {
	if err := Require("npm"); err != nil {
		return err
	}
	home := filepath.Join(root, "tests", "browser")
	if err := InstallPackages(ctx, home); err != nil {
		return err
	}
	for _, version := range hosts {
		if err := InstallPackages(ctx, filepath.Join(home, "compat", version)); err != nil {
			return err
		}
	}
	return nil
}

// withChromium does what needs a Chromium. Where there is none it says what it skips; CI has one, or fails.
func withChromium(what string, act func(chromium string) error) error {
	chromium, err := findChromium()
	if errors.Is(err, ErrNoChromium) && os.Getenv("CI") == "" {
		Say("skipped %s: %v", what, err)
		return nil
	}
	if err != nil {
		return err
	}
	return act(chromium)
}

// browserScript runs a script of tests/browser/package.json.
func browserScript(ctx context.Context, root, chromium, script string) error {
	home := filepath.Join(root, "tests", "browser")
	if err := InstallPackages(ctx, home); err != nil {
		return err
	}
	return RunWith(ctx, []string{"SWITCHBOARD_CHROMIUM=" + chromium}, "npm", "--prefix", home, "run", "--silent", script)
}

func findChromium() (string, error) {
	if path := os.Getenv("SWITCHBOARD_CHROMIUM"); path != "" {
		if _, err := os.Stat(path); err != nil {
			return "", fmt.Errorf("SWITCHBOARD_CHROMIUM: %w", err)
		}
		return path, nil
	}
	for _, name := range chromiums {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", ErrNoChromium
}
