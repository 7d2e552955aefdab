package build

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// providedPath is where provisioning/dashboards/switchboard.yaml looks for the dashboards: the place that Grafana's packages
// and its image have.
const providedPath = "/etc/grafana/provisioning/dashboards"

// LocalGrafana is a run of a Grafana that is on this machine, over the plugin, the provisioning and a sandbox.
type LocalGrafana struct {
	// Root is the project's folder; dist/ in it holds the browser half.
	Root string
	// Home is the folder that Grafana was unpacked or installed into: bin/grafana is in it.
	Home string
	// Plugin and Sandbox are the binaries to run.
	Plugin, Sandbox string
}

func (l LocalGrafana) server() string {
	return filepath.Join(l.Home, "bin", "grafana")
}

// Found fails, with what to do, where there is no Grafana.
func (l LocalGrafana) Found() error {
	if _, err := os.Stat(l.server()); l.Home == "" || err != nil {
		return fmt.Errorf("there is no Grafana at %q: set GRAFANA_HOME to the folder that holds bin/grafana "+
			"(/usr/share/grafana where it was installed as a package)", l.Home)
	}
	return nil
}

// Run starts a sandbox and Grafana, in a folder of their own that is gone afterwards, and stays until interrupted. Nothing
// of the Grafana that may be configured on this machine is read or changed.
func (l LocalGrafana) Run(ctx context.Context) error {
	if err := l.Found(); err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "switchboard-grafana-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	if err := l.lay(folder); err != nil {
		return err
	}
	endpoint, stop, err := startSandbox(ctx, l.Sandbox)
	if err != nil {
		return err
	}
	defer stop()
	port, err := freePort(3000)
	if err != nil {
		return err
	}
	Say("Grafana with Switchboard's dashboards: http://127.0.0.1:%d/dashboards (stop it by Ctrl-C)", port)
	err = RunWith(ctx, serverEnvironment(folder, endpoint, port), l.server(),
		"server", "--homepath", l.Home, "--config", filepath.Join(folder, "grafana.ini"))
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// serverEnvironment configures the server: its folders, the plugin let in without a signature, and everyone who reaches the
// loopback interface an administrator.
func serverEnvironment(folder, endpoint string, port int) []string {
	return []string{
		"SWITCHBOARD_SANDBOX=" + endpoint,
		"GF_PATHS_DATA=" + filepath.Join(folder, "data"),
		"GF_PATHS_LOGS=" + filepath.Join(folder, "logs"),
		"GF_PATHS_PLUGINS=" + filepath.Join(folder, "plugins"),
		"GF_PATHS_PROVISIONING=" + filepath.Join(folder, "provisioning"),
		"GF_SERVER_HTTP_ADDR=127.0.0.1",
		fmt.Sprintf("GF_SERVER_HTTP_PORT=%d", port),
		fmt.Sprintf("GF_SERVER_ROOT_URL=http://127.0.0.1:%d/", port),
		"GF_PLUGINS_ALLOW_LOADING_UNSIGNED_PLUGINS=" + pluginID,
		"GF_PLUGINS_PREINSTALL_DISABLED=true",
		"GF_AUTH_ANONYMOUS_ENABLED=true",
		"GF_AUTH_ANONYMOUS_ORG_ROLE=Admin",
		"GF_ANALYTICS_REPORTING_ENABLED=false",
		"GF_ANALYTICS_CHECK_FOR_UPDATES=false",
		"GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES=false",
	}
}

// lay puts into the folder what the server reads: an empty configuration, the plugin, the provisioning.
func (l LocalGrafana) lay(folder string) error {
	if err := os.WriteFile(filepath.Join(folder, "grafana.ini"), nil, 0o600); err != nil {
		return err
	}
	// A copy, since Grafana may write into its plugin folder.
	plugin := filepath.Join(folder, "plugins", pluginID)
	dist := filepath.Join(l.Root, "dist")
	if _, err := os.Stat(filepath.Join(dist, "plugin.json")); err != nil {
		return fmt.Errorf("%s holds no plugin: build the browser half by `go tool mage frontend`", dist)
	}
	if err := os.CopyFS(plugin, os.DirFS(dist)); err != nil {
		return err
	}
	binary := filepath.Join(plugin, executable+"_"+runtime.GOOS+"_"+runtime.GOARCH)
	if err := copyFile(l.Plugin, binary, 0o755); err != nil {
		return err
	}
	// Where the package was made before, its binary is there, without leave to be written over.
	if err := os.Chmod(binary, 0o755); err != nil {
		return err
	}
	return l.layProvisioning(filepath.Join(folder, "provisioning"))
}

func (l LocalGrafana) layProvisioning(to string) error {
	from := filepath.Join(l.Root, "provisioning")
	for _, name := range []string{"dashboards", "alerting"} {
		if err := os.CopyFS(filepath.Join(to, name), os.DirFS(filepath.Join(from, name))); err != nil {
			return err
		}
	}
	source := filepath.Join("datasources", "switchboard-sandbox.yaml")
	if err := copyFile(filepath.Join(from, source), filepath.Join(to, source), 0o644); err != nil {
		return err
	}
	// Grafana looks into all of these folders, and warns of one that is missing.
	if err := os.MkdirAll(filepath.Join(to, "plugins"), 0o755); err != nil {
		return err
	}
	provider := filepath.Join(to, "dashboards", "switchboard.yaml")
	text, err := os.ReadFile(provider)
	if err != nil {
		return err
	}
	if !bytes.Contains(text, []byte(providedPath)) {
		return fmt.Errorf("%s does not name %s, which is to be another folder here", provider, providedPath)
	}
	text = bytes.ReplaceAll(text, []byte(providedPath), []byte(filepath.Join(to, "dashboards")))
	return os.WriteFile(provider, text, 0o600)
}

// startSandbox starts the stand-in for AWS on a free port, and answers its endpoint and what stops it.
func startSandbox(ctx context.Context, binary string) (string, func(), error) {
	Say("starting the sandbox: 30 days of a contact centre with 200 agents")
	command := exec.CommandContext(ctx, binary, append([]string{"--port", "0", "--exit-with-parent"}, sandboxData...)...)
	command.Stderr = os.Stderr
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	// The sandbox ends when this closes, which it does by itself when this process dies.
	input, err := command.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	output, err := command.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := command.Start(); err != nil {
		return "", nil, fmt.Errorf("the sandbox does not start: %w", err)
	}
	stop := func() {
		_ = input.Close()
		_ = command.Wait()
	}
	line, err := bufio.NewReader(output).ReadString('\n')
	var told struct{ Endpoint string }
	if err == nil {
		err = json.Unmarshal([]byte(line), &told)
	}
	if err == nil && told.Endpoint == "" {
		err = fmt.Errorf("it says %q", strings.TrimSpace(line))
	}
	if err != nil {
		stop()
		return "", nil, errors.Join(errors.New("the sandbox does not say where it listens"), err)
	}
	return told.Endpoint, stop, nil
}

// sandboxData is what is generated for a Grafana to show. The data source's lags belong to an Athena that is a quarter of
// an hour late.
var sandboxData = []string{"--agents", "200", "--days", "30"}

// freePort is the wanted port on the loopback interface where it is free, else any that is.
func freePort(wanted int) (int, error) {
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", wanted))
	if err != nil {
		if listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			return 0, err
		}
	}
	defer func() { _ = listener.Close() }()
	address, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		return 0, fmt.Errorf("%v is no TCP address", listener.Addr())
	}
	return address.Port, nil
}
