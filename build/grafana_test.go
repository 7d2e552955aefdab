package build

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// A Grafana that notes what it was started with, and a sandbox that says where it listens.
const (
	notingGrafana = `#!/bin/sh
set -e
cd "$NOTES"
env > environment
printf '%s\n' "$@" > arguments
cp -r "$GF_PATHS_PROVISIONING" provisioning
cp -rp "$GF_PATHS_PLUGINS" plugins
test "$WAIT" = "" || { sleep 60 & trap 'kill $!; touch interrupted; exit 0' INT; touch waiting; wait; }
`
	notingSandbox = `#!/bin/sh
printf '%s\n' "$@" > "$NOTES/sandbox-arguments"
echo '{"ready": true, "endpoint": "http://127.0.0.1:4999"}'
cat
touch "$NOTES/sandbox-stopped"
`
)

// noting is a run of these two, and the folder that they write to.
func noting(t *testing.T) (LocalGrafana, string) {
	t.Helper()
	notes, folder := t.TempDir(), t.TempDir()
	t.Setenv("NOTES", notes)
	write := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("home/bin/grafana", notingGrafana, 0o755)
	write("root/dist/plugin.json", "{}", 0o644)
	write("root/dist/"+executable+"_"+runtime.GOOS+"_"+runtime.GOARCH, "packaged before", 0o755)
	if err := os.CopyFS(filepath.Join(folder, "root", "provisioning"), os.DirFS("../provisioning")); err != nil {
		t.Fatal(err)
	}
	return LocalGrafana{
		Root:    filepath.Join(folder, "root"),
		Home:    filepath.Join(folder, "home"),
		Plugin:  write("gpx_switchboard", "built now", 0o755),
		Sandbox: write("sandbox", notingSandbox, 0o755),
	}, notes
}

func noted(t *testing.T, parts ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(parts...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestALocalGrafanaGetsThePluginTheProvisioningAndASandbox(t *testing.T) {
	run, notes := noting(t)
	if err := run.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	environment := "\n" + noted(t, notes, "environment")
	folder := ""
	for _, line := range strings.Split(environment, "\n") {
		if data, ok := strings.CutPrefix(line, "GF_PATHS_DATA="); ok {
			folder = filepath.Dir(data)
		}
	}
	for _, line := range []string{
		"SWITCHBOARD_SANDBOX=http://127.0.0.1:4999",
		"GF_SERVER_HTTP_ADDR=127.0.0.1",
		"GF_PLUGINS_ALLOW_LOADING_UNSIGNED_PLUGINS=switchboard-connect-datasource",
		"GF_PATHS_PROVISIONING=" + folder + "/provisioning",
		"GF_PATHS_PLUGINS=" + folder + "/plugins",
	} {
		if !strings.Contains(environment, "\n"+line+"\n") {
			t.Errorf("the server's environment has no %s", line)
		}
	}
	if arguments := strings.Fields(noted(t, notes, "arguments")); len(arguments) != 5 || arguments[0] != "server" || arguments[2] != run.Home {
		t.Errorf("the server was started with %q", arguments)
	}
	provider := noted(t, notes, "provisioning", "dashboards", "switchboard.yaml")
	if !strings.Contains(provider, "path: "+folder+"/provisioning/dashboards") {
		t.Errorf("dashboards are looked for elsewhere:\n%s", provider)
	}
	for _, name := range []string{"dashboards/contact-centre-live.json", "alerting/switchboard.yaml", "datasources/switchboard-sandbox.yaml"} {
		noted(t, notes, "provisioning", name)
	}
	if _, err := os.Stat(filepath.Join(notes, "provisioning", "datasources", "switchboard.yaml")); err == nil {
		t.Error("the data source of AWS is provisioned, too")
	}
	binary := filepath.Join(notes, "plugins", pluginID, executable+"_"+runtime.GOOS+"_"+runtime.GOARCH)
	if information, err := os.Stat(binary); err != nil || information.Mode().Perm() != 0o755 || noted(t, binary) != "built now" {
		t.Errorf("the plugin's binary is %v: %v", information, err)
	}
	noted(t, notes, "plugins", pluginID, "plugin.json")
	noted(t, notes, "sandbox-stopped")
	if _, err := os.Stat(folder); err == nil {
		t.Error("the folder of the run is left behind")
	}
}

func TestInterruptingALocalGrafanaStopsBoth(t *testing.T) {
	run, notes := noting(t)
	t.Setenv("WAIT", "yes")
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	ended := make(chan error, 1)
	go func() { ended <- run.Run(ctx) }()
	for range 1000 {
		if _, err := os.Stat(filepath.Join(notes, "waiting")); err == nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	interrupt()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("an interrupt is no error: %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("it goes on")
	}
	noted(t, notes, "interrupted")
}

func TestALocalGrafanaMustBeThere(t *testing.T) {
	run, _ := noting(t)
	for _, home := range []string{"", run.Root} {
		run.Home = home
		for _, step := range []func() error{run.Found, func() error { return run.Run(t.Context()) }} {
			if err := step(); err == nil || !strings.Contains(err.Error(), "GRAFANA_HOME") {
				t.Errorf("at %q: %v", home, err)
			}
		}
	}
}

func TestASandboxThatDoesNotStartIsAnError(t *testing.T) {
	run, _ := noting(t)
	if err := os.WriteFile(run.Sandbox, []byte("#!/bin/sh\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := run.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "sandbox") {
		t.Error(err)
	}
}
