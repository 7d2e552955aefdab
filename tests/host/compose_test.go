package host_test

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"switchboard/tests/host/grafana"
)

// docker-compose.yaml must mount what there is where Grafana looks for it, and be reached from this machine alone.

type composition struct {
	Services map[string]struct {
		Image       string
		Ports       []string
		Environment map[string]string
		Volumes     []string
		NetworkMode string   `yaml:"network_mode"`
		DependsOn   []string `yaml:"depends_on"`
		Command     []string
		Init        bool
	}
}

const composeFile = "../../docker-compose.yaml"

func composed(t *testing.T) (file composition) {
	t.Helper()
	readYAML(t, composeFile, &file)
	return file
}

// fallbacks puts the default into ${NAME:-default}.
func fallbacks(text string) string {
	return regexp.MustCompile(`\$\{[A-Z_]+:-([^}]*)\}`).ReplaceAllString(text, "$1")
}

func TestComposeMountsWhatThereIsWhereGrafanaLooks(t *testing.T) {
	mounted := map[string]string{}
	for name, service := range composed(t).Services {
		for _, volume := range service.Volumes {
			parts := strings.Split(volume, ":")
			if len(parts) != 3 || !strings.HasPrefix(parts[0], "./") || !path.IsAbs(parts[1]) || parts[2] != "ro" {
				t.Errorf("%s mounts %q", name, volume)
				continue
			}
			mounted[parts[1]] = parts[0]
			// What is built may not be there yet.
			if built := strings.HasPrefix(parts[0], "./dist") || strings.HasPrefix(parts[0], "./target/"); built {
				continue
			}
			if _, err := os.Stat(filepath.Join("../..", parts[0])); err != nil {
				t.Errorf("%s mounts what is not there: %v", name, err)
			}
		}
	}
	if mounted["/var/lib/grafana/plugins/"+grafana.PluginID] != "./dist" {
		t.Errorf("the plugin is not mounted: %v", mounted)
	}
	var provider struct {
		APIVersion int `yaml:"apiVersion"`
		Providers  []struct{ Options struct{ Path string } }
	}
	text, err := os.ReadFile(dashboardFolder + "/switchboard.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, &provider); err != nil {
		t.Fatal(err)
	}
	if from := mounted[provider.Providers[0].Options.Path]; from != "./provisioning/dashboards" {
		t.Errorf("dashboards are looked for in %s, where %q is mounted", provider.Providers[0].Options.Path, from)
	}
	if mounted["/etc/grafana/provisioning/alerting"] != "./provisioning/alerting" {
		t.Errorf("alert rules are not mounted: %v", mounted)
	}
	var sources []string
	for to, from := range mounted {
		if strings.HasPrefix(to, "/etc/grafana/provisioning/datasources") {
			sources = append(sources, from)
		}
	}
	if !slices.Equal(sources, []string{"./provisioning/datasources/switchboard-sandbox.yaml"}) {
		t.Errorf("data sources are %v: two of one uid, or none", sources)
	}
}

func TestComposeIsReachedFromThisMachineAlone(t *testing.T) {
	services := composed(t).Services
	server, sandbox := services["grafana"], services["sandbox"]
	if len(services) != 2 || !slices.Equal([]string{fallbacks(server.Ports[0])}, []string{"127.0.0.1:3000:3000"}) || len(server.Ports) != 1 || len(sandbox.Ports) != 0 {
		t.Errorf("%d services, ports %v and %v", len(services), server.Ports, sandbox.Ports)
	}
	if sandbox.NetworkMode != "service:grafana" || !slices.Contains(sandbox.DependsOn, "grafana") {
		t.Errorf("the sandbox's loopback interface is not Grafana's: %q", sandbox.NetworkMode)
	}
	if !regexp.MustCompile(`^grafana/grafana:13\.2\.\d+$`).MatchString(fallbacks(server.Image)) {
		t.Errorf("Grafana is %s, which is not pinned", server.Image)
	}
	if guide, err := os.ReadFile("../../docs/install.md"); err != nil || !strings.Contains(string(guide), "FROM "+fallbacks(server.Image)+"\n") {
		t.Errorf("docs/install.md shows another image than %s: %v", fallbacks(server.Image), err)
	}
	if !regexp.MustCompile(`^debian:[a-z]+-slim$`).MatchString(fallbacks(sandbox.Image)) {
		t.Errorf("the sandbox runs in %s", sandbox.Image)
	}
	if server.Environment["GF_PLUGINS_ALLOW_LOADING_UNSIGNED_PLUGINS"] != grafana.PluginID {
		t.Errorf("the plugin is not let in: %v", server.Environment)
	}
}

// The sandbox must take its command line, and be where the data source is told that it is.
func TestComposesSandboxIsTheDataSources(t *testing.T) {
	services := composed(t).Services
	command := services["sandbox"].Command
	if len(command)%2 != 1 || command[0] != "sandbox" {
		t.Fatalf("the sandbox is started by %q", command)
	}
	options := map[string]string{}
	for pair := range slices.Chunk(command[1:], 2) {
		options[pair[0]] = pair[1]
	}
	if services["grafana"].Environment["SWITCHBOARD_SANDBOX"] != "http://127.0.0.1:"+options["--port"] {
		t.Errorf("the data source asks %v, the sandbox is started by %q", services["grafana"].Environment, command)
	}
	// A small one on a free port, with the options that are its own.
	var arguments []string
	for name, value := range options {
		if !slices.Contains([]string{"--port", "--agents", "--days"}, name) {
			arguments = append(arguments, name, value)
		}
	}
	plugin, source := start(t), sourceOf(t, ownWorld(t, arguments...))
	if err := selectOne(within(t, time.Minute), plugin, source); err != nil {
		t.Error(err)
	}
}
