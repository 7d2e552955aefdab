package build

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// Frontend builds the browser half, and with it all of dist/ but the backend's binaries, which stay as they are.
func Frontend(ctx context.Context, root string) error {
	return frontendScripts(ctx, root, "build")
}

// Preview builds the browser half, and the page of target/preview that shows it with Grafana's components.
func Preview(ctx context.Context, root string) error {
	return frontendScripts(ctx, root, "build", "preview")
}

// FrontendLint checks the browser half's types, lints and format.
func FrontendLint(ctx context.Context, root string) error {
	return frontendScripts(ctx, root, "typecheck", "lint", "format:check")
}

// FrontendTest builds the browser half and runs its tests, which look at what was built too.
func FrontendTest(ctx context.Context, root string) error {
	return frontendScripts(ctx, root, "build", "test")
}

// frontendScripts runs scripts of frontend/package.json, over exactly the packages that its lockfile pins.
func frontendScripts(ctx context.Context, root string, scripts ...string) error {
	if err := Require("node", "npm"); err != nil {
		return err
	}
	home := filepath.Join(root, "frontend")
	if err := InstallPackages(ctx, home); err != nil {
		return err
	}
	for _, script := range scripts {
		if err := Run(ctx, "npm", "--prefix", home, "run", "--silent", script); err != nil {
			return err
		}
	}
	return nil
}

// InstallPackages makes the folder's node_modules what its lockfile says, unless it is already.
func InstallPackages(ctx context.Context, home string) error {
	wanted, err := os.ReadFile(filepath.Join(home, "package-lock.json"))
	if err != nil {
		return err
	}
	stamp := filepath.Join(home, "node_modules", ".installed-lock.json")
	if installed, err := os.ReadFile(stamp); err == nil && bytes.Equal(installed, wanted) {
		return nil
	}
	Say("installing the packages of %s (a minute or two)", home)
	if err := Run(ctx, "npm", "--prefix", home, "ci", "--ignore-scripts", "--loglevel", "error"); err != nil {
		return err
	}
	return os.WriteFile(stamp, wanted, 0o600)
}

// frontendVersion is the version that the browser half stamps into plugin.json.
func frontendVersion(root string) (string, error) {
	path := filepath.Join(root, "frontend", "package.json")
	content, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	var manifest struct{ Version string }
	if err := json.Unmarshal(content, &manifest); err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	return manifest.Version, nil
}
