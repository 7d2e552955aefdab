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
	chromium, err := findChromium()
	if err != nil && os.Getenv("CI") == "" {
		Say("skipped the browser tests: %v", err)
		return nil
	}
	if err != nil {
		return err
	}
	if err := Preview(ctx, root); err != nil {
		return err
	}
	home := filepath.Join(root, "tests", "browser")
	if err := InstallPackages(ctx, home); err != nil {
		return err
	}
	return RunWith(ctx, []string{"SWITCHBOARD_CHROMIUM=" + chromium}, "npm", "--prefix", home, "run", "--silent", "test")
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
