//go:build linux

// Package package_test tries the packaged plugin where nothing else is: in a root directory that holds the binary, the
// CA certificates, and what name resolution reads. What runs there runs in Grafana's own image and on any Linux.
package package_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"switchboard/tests/host/grafana"
	"switchboard/tests/host/sandbox"
)

// authorities is where Debian, and the container images made of it, keep the CA certificates in one file.
const authorities = "/etc/ssl/certs/ca-certificates.crt"

// packaged is the binary for this machine.
const packaged = "../../dist/gpx_switchboard_linux_" + runtime.GOARCH

func TestThePackagedPluginRunsInAnEmptyRoot(t *testing.T) {
	if _, err := os.Stat(packaged); err != nil {
		t.Skip("there is no package: `go tool mage package` makes it and runs this test")
	}
	world, err := sandbox.Start(t.Context(), "../../target/debug/sandbox", sandbox.Options{Agents: 5, Days: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer world.Stop()
	source, err := world.Source("../../provisioning/datasources/switchboard-sandbox.yaml")
	if err != nil {
		t.Fatal(err)
	}
	// By name, so that a resolver is needed: a static binary has none to load.
	byName := json.RawMessage(strings.ReplaceAll(string(source.JSONData), "127.0.0.1", "localhost"))
	source.JSONData = byName

	plugin, err := grafana.StartCommand(inEmptyRoot(t))
	if errors.Is(err, syscall.EPERM) {
		t.Skip("neither root nor allowed to make a user namespace: an empty root cannot be entered")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer plugin.Stop()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	answers, err := plugin.Query(ctx, source,
		grafana.Query{RefID: "A", JSON: panel("realtime"), From: time.Now().Add(-time.Hour), To: time.Now()},
		grafana.Query{RefID: "B", JSON: panel("historical"), From: time.Now().Add(-time.Hour), To: time.Now()},
	)
	if err != nil {
		t.Fatal(err)
	}
	for refID, answer := range answers {
		if answer.Error != nil {
			t.Errorf("query %s: %v", refID, answer.Error)
		} else if rows := grafana.Rows(answer.Frames[0]); len(rows) != 1 {
			t.Errorf("query %s answered %v", refID, rows)
		}
	}
}

func panel(route string) map[string]any {
	return map[string]any{"route": route, "sql": "SELECT 1 AS one", "format": "table"}
}

// inEmptyRoot prepares the packaged binary to run in a root directory of its own. Its sockets are made below a path that
// means the same folder inside and outside, so that they can be reached from here.
func inEmptyRoot(t *testing.T) *exec.Cmd {
	t.Helper()
	// Not t.TempDir: a socket's path has 108 bytes at most.
	root, err := os.MkdirTemp("", "root")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(root) })
	sockets := filepath.Join(root, "s")
	if err := os.MkdirAll(filepath.Join(root, sockets), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(root, sockets), sockets); err != nil {
		t.Fatal(err)
	}
	binary := filepath.Base(packaged)
	install(t, packaged, filepath.Join(root, binary), 0o755)
	for _, name := range []string{authorities, "/etc/hosts", "/etc/resolv.conf"} {
		if _, err := os.Stat(name); err == nil {
			install(t, name, filepath.Join(root, name), 0o644)
		}
	}
	command := exec.Command("/" + binary)
	command.Env = []string{"TMPDIR=" + sockets}
	command.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Pdeathsig: syscall.SIGKILL}
	command.Dir = "/"
	if os.Getuid() != 0 {
		command.SysProcAttr.Cloneflags = syscall.CLONE_NEWUSER
		command.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		command.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	return command
}

func install(t *testing.T, from, to string, mode os.FileMode) {
	t.Helper()
	content, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, content, mode); err != nil {
		t.Fatal(err)
	}
}
