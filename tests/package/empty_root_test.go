//go:build linux

// Package package_test tries the packaged plugin where nothing else is: in a root directory that holds the binary, the
// CA certificates, and what name resolution reads: it shakes hands, resolves names and queries both legs. What runs there runs in Grafana's own image and on any Linux.
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

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"switchboard/tests/host/grafana"
	"switchboard/tests/host/sandbox"
)

// authorities is where Debian, and the container images made of it, keep the CA certificates in one file.
const authorities = "/etc/ssl/certs/ca-certificates.crt"

// packaged is the binary for this machine.
const packaged = "../../dist/gpx_switchboard_linux_" + runtime.GOARCH

// Names that nothing knows but the empty root: one in its /etc/hosts, one at its nameserver.
const (
	nameInFile = "file.switchboard.test"
	nameInDNS  = "dns.switchboard.test"
	nameOfNone = "none.switchboard.test"
)

func TestThePackagedPluginRunsInAnEmptyRoot(t *testing.T) {
	if _, err := os.Stat(packaged); err != nil {
		t.Skip("there is no package: `go tool mage package` makes it and runs this test")
	}
	world, err := sandbox.Start(t.Context(), "../../target/debug/sandbox", sandbox.Options{Agents: 5, Days: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer world.Stop()
	served := serveNames(t, nameInDNS)
	plugin, err := grafana.StartCommand(inEmptyRoot(t))
	if errors.Is(err, syscall.EPERM) {
		t.Skip("neither root nor allowed to make a user namespace: an empty root cannot be entered")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer plugin.Stop()
	// A static binary has no resolver to load: what it brings must read the file and ask the nameserver.
	t.Run("endpoints named in the file of hosts", func(t *testing.T) {
		mustAnswer(t, plugin, named(t, world, nameInFile))
	})
	if served == nil {
		return
	}
	t.Run("endpoints named in the DNS", func(t *testing.T) {
		mustAnswer(t, plugin, named(t, world, nameInDNS))
		if served.times(nameInDNS) == 0 {
			t.Error("the nameserver was not asked")
		}
	})
	t.Run("endpoints that nobody knows", func(t *testing.T) {
		for refID, answer := range ask(t, plugin, named(t, world, nameOfNone)) {
			if answer.Error == nil || !strings.Contains(answer.Error.Error(), nameOfNone) {
				t.Errorf("query %s: %v does not say which name is wrong", refID, answer.Error)
			}
		}
		mustAnswer(t, plugin, named(t, world, nameInFile))
	})
}

// named is the sandbox's data source, its endpoints under a name.
func named(t *testing.T, world *sandbox.Sandbox, name string) *grafana.Source {
	t.Helper()
	source, err := world.Source("../../provisioning/datasources/switchboard-sandbox.yaml")
	if err != nil {
		t.Fatal(err)
	}
	source.UID = name
	source.JSONData = json.RawMessage(strings.ReplaceAll(string(source.JSONData), "127.0.0.1", name))
	return source
}

// ask asks each leg for the simplest of all answers, and both for data by the hour in a zone of time.
func ask(t *testing.T, plugin *grafana.Plugin, source *grafana.Source) backend.Responses {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	query := func(refID, route, sql string) grafana.Query {
		panel := map[string]any{"route": route, "sql": sql, "format": "table", "timezone": "Europe/London"}
		return grafana.Query{RefID: refID, JSON: panel, From: time.Now().Add(-3 * time.Hour), To: time.Now(), Interval: time.Hour}
	}
	answers, err := plugin.Query(ctx, source,
		query("A", "realtime", "SELECT 1 AS one"),
		query("B", "historical", "SELECT 1 AS one"),
		query("C", "auto", "SELECT $__timeGroup(1h) AS time, count(*) AS events FROM $__dataset(contact_events) GROUP BY 1"),
	)
	if err != nil {
		t.Fatal(err)
	}
	if len(answers) != 3 {
		t.Fatalf("three queries have %d answers", len(answers))
	}
	return answers
}

func mustAnswer(t *testing.T, plugin *grafana.Plugin, source *grafana.Source) {
	t.Helper()
	for refID, answer := range ask(t, plugin, source) {
		if answer.Error != nil {
			t.Errorf("query %s: %v", refID, answer.Error)
		} else if rows := grafana.Rows(answer.Frames[0]); len(rows) == 0 {
			t.Errorf("query %s answered nothing", refID)
		}
	}
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
	if _, err := os.Stat(authorities); err == nil {
		install(t, authorities, filepath.Join(root, authorities), 0o644)
	}
	for name, text := range map[string]string{
		"/etc/hosts":       "127.0.0.1 " + nameInFile + "\n",
		"/etc/resolv.conf": "nameserver " + nameserver + "\noptions timeout:2 attempts:2\n",
	} {
		if err := os.MkdirAll(filepath.Join(root, "etc"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
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
