package build

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// ErrNoPython says that this machine cannot make virtual environments. Nothing that ships needs Python, so whoever asks
// may go without, and says so.
var ErrNoPython = errors.New("python3 with its venv module is not installed (Debian: apt-get install python3-venv)")

// PythonTools makes a virtual environment target/python/NAME with exactly the packages that the requirements file pins,
// by version and hash, and answers the folder of its executables. An environment made before is used again.
func PythonTools(ctx context.Context, root, name, requirements string) (string, error) {
	home := filepath.Join(root, "target", "python", name)
	executables := filepath.Join(home, "bin")
	stamp := filepath.Join(home, "requirements.txt")
	wanted, err := os.ReadFile(filepath.Join(root, requirements))
	if err != nil {
		return "", err
	}
	if installed, err := os.ReadFile(stamp); err == nil && bytes.Equal(installed, wanted) {
		return executables, nil
	}
	if err := os.RemoveAll(home); err != nil {
		return "", err
	}
	if output, err := exec.CommandContext(ctx, "python3", "-m", "venv", home).CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", ErrNoPython, bytes.TrimSpace(output))
	}
	install := exec.CommandContext(ctx, filepath.Join(executables, "pip"), "install", "--quiet", "--disable-pip-version-check",
		"--only-binary", ":all:", "--require-hashes", "--requirement", filepath.Join(root, requirements))
	if output, err := install.CombinedOutput(); err != nil {
		return "", fmt.Errorf("pip cannot install %s: %w\n%s", requirements, err, output)
	}
	return executables, os.WriteFile(stamp, wanted, 0o600)
}
