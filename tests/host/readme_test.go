package host_test

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"switchboard/tests/host/grafana"
)

// What the README tells a newcomer to type must work as it stands there.

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTheReadmesQueryRuns(t *testing.T) {
	block := regexp.MustCompile(`(?s)\n    (\{\n.*?\n    \})\n`).FindStringSubmatch(readme(t))
	if block == nil {
		t.Fatal("the README shows no query")
	}
	var saved map[string]any
	if err := json.Unmarshal([]byte(block[1]), &saved); err != nil {
		t.Fatal(err)
	}
	saved["refId"] = "A"
	query, err := json.Marshal(saved)
	if err != nil {
		t.Fatal(err)
	}
	plugin, source := start(t), sourceOf(t, sharedWorld(t))
	answers, err := plugin.Query(within(t, time.Minute), source, grafana.Query{
		JSON: json.RawMessage(query), From: time.Now().Add(-3 * time.Hour), To: time.Now(), Interval: 5 * time.Minute,
	})
	if err != nil {
		t.Fatal(err)
	}
	frame := frame(t, answers["A"])
	if len(frame.Fields) < 3 || frame.Rows() < 20 {
		t.Errorf("three hours of contacts by queue are %d fields and %d rows", len(frame.Fields), frame.Rows())
	}
}

func TestTheReadmesCommandLineRuns(t *testing.T) {
	command := regexp.MustCompile(`(?s)gpx_switchboard query --config (\S+) (--leg .*?) "(SELECT.*?)"\n`).FindStringSubmatch(readme(t))
	if command == nil {
		t.Fatal("the README shows no command line")
	}
	// The shell would join the lines and unescape the dollar.
	words := strings.Fields(strings.ReplaceAll(command[2], "\\\n", " "))
	sql := strings.ReplaceAll(command[3], `\$`, "$")
	arguments := append(append([]string{"query", "--config", provisioning}, words...), sql)
	run := exec.CommandContext(within(t, time.Minute), pluginBinary, arguments...)
	run.Env = append(os.Environ(), "SWITCHBOARD_SANDBOX="+sharedWorld(t).URL)
	var about strings.Builder
	run.Stderr = &about
	rows, err := run.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, about.String())
	}
	if !regexp.MustCompile(`^contacts\n[1-9]\d*\n$`).Match(rows) {
		t.Errorf("it printed %q", rows)
	}
	if !strings.Contains(about.String(), "SELECT count(*) AS contacts") || !strings.Contains(about.String(), "dollars") {
		t.Errorf("it says nothing of its SQL and cost: %s", about.String())
	}
}

func TestTheReadmesProvisioningIsTakenAndLetsResultsBeReused(t *testing.T) {
	block := regexp.MustCompile(`(?s)\n(    apiVersion: 1\n.*?)\n\n`).FindStringSubmatch(readme(t))
	if block == nil {
		t.Fatal("the README shows no provisioning")
	}
	file := filepath.Join(t.TempDir(), "switchboard.yaml")
	if err := os.WriteFile(file, []byte(strings.ReplaceAll("\n"+block[1], "\n    ", "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	sources, err := grafana.Provisioned(file, environment)
	if err != nil || len(sources) != 1 {
		t.Fatalf("%d data sources, %v", len(sources), err)
	}
	// Athena reuses no result whose location the client names.
	if strings.Contains(string(sources[0].JSONData), "outputLocation") {
		t.Errorf("results are never reused so: %s", sources[0].JSONData)
	}
	status, body, err := start(t).Resource(within(t, 10*time.Second), sources[0], "datasets")
	if err != nil || status != http.StatusOK || !strings.Contains(string(body), "contact_events") {
		t.Errorf("%d %s %v", status, body, err)
	}
}
