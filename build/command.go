// Package build holds what the mage targets are made of: running tools, checking that they are there, and making the
// package that Grafana installs. It stays free of heavy imports, since every `go tool mage` compiles it.
package build

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// Say prints one line about what happens next or has happened.
func Say(format string, values ...any) {
	fmt.Printf("==> "+format+"\n", values...)
}

// Run runs a command in the foreground, after printing it. Interrupting the target interrupts the command.
func Run(ctx context.Context, name string, arguments ...string) error {
	return RunWith(ctx, nil, name, arguments...)
}

// RunWith is Run with variables added to the environment, printed too.
func RunWith(ctx context.Context, environment []string, name string, arguments ...string) error {
	line := strings.Join(append(append([]string{}, environment...), append([]string{name}, arguments...)...), " ")
	Say("%s", line)
	began := time.Now()
	command := exec.CommandContext(ctx, name, arguments...)
	command.Env = append(os.Environ(), environment...)
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = 10 * time.Second
	if err := command.Run(); err != nil {
		return fmt.Errorf("%s %s failed after %s: %w", name, strings.Join(arguments, " "), rounded(began), err)
	}
	if took := time.Since(began); took > 5*time.Second {
		Say("done in %s", rounded(began))
	}
	return nil
}

// Output runs a command and answers what it prints to stdout.
func Output(ctx context.Context, name string, arguments ...string) (string, error) {
	text, err := exec.CommandContext(ctx, name, arguments...).Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		err = fmt.Errorf("%s %s: %w\n%s", name, strings.Join(arguments, " "), err, failed.Stderr)
	}
	return strings.TrimSpace(string(text)), err
}

// IsTerminal says whether somebody may sit at the other end: /dev/null, a pipe and a file are nobody.
func IsTerminal(file *os.File) bool {
	name, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", file.Fd()))
	if err == nil && name == os.DevNull {
		return false
	}
	information, err := file.Stat()
	return err == nil && information.Mode()&os.ModeCharDevice != 0
}

func rounded(began time.Time) time.Duration {
	return time.Since(began).Round(100 * time.Millisecond)
}

// prerequisites are the tools that a target can ask for, with where to get them.
var prerequisites = map[string]string{
	"cargo": "install Rust 1.94.1 or newer (https://rustup.rs)",
	"cc":    "install a C compiler and linker, which Rust needs (Debian: apt-get install gcc libc6-dev)",
	"go":    "install Go 1.26 or newer (https://go.dev/dl)",
	"node":  "install Node.js 20.11 or newer (https://nodejs.org)",
	"npm":   "install npm, which comes with Node.js (https://nodejs.org)",
}

// Require fails with what to install when one of the tools is not on the path.
func Require(tools ...string) error {
	var missing []string
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			missing = append(missing, fmt.Sprintf("%s is missing: %s", tool, prerequisites[tool]))
		}
	}
	if len(missing) > 0 {
		return errors.New(strings.Join(missing, "\n"))
	}
	return nil
}
