package host_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"switchboard/tests/host/grafana"
)

// What Grafana is given to read when it starts must be of the shape that it documents, and the plugin must take it.

// environment is what the server's variables are in these tests.
func environment(name string) string {
	return map[string]string{
		"SWITCHBOARD_ROLE_ARN": "arn:aws:iam::123456789012:role/grafana",
		"SWITCHBOARD_SANDBOX":  "http://127.0.0.1:9",
	}[name]
}

func TestProvisionedDataSourcesAreTaken(t *testing.T) {
	files, err := filepath.Glob("../../provisioning/datasources/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	plugin := start(t)
	for _, file := range files {
		var written struct {
			Datasources []struct {
				Access   string
				Editable bool
			}
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := yaml.Unmarshal(text, &written); err != nil {
			t.Fatal(err)
		}
		for _, source := range written.Datasources {
			if source.Access != "proxy" || source.Editable {
				t.Errorf("%s: a backend's data source is reached by proxy, and what is saved over a provisioned one is lost: %+v", file, source)
			}
		}
		sources, err := grafana.Provisioned(file, environment)
		if err != nil {
			t.Fatal(err)
		}
		for _, source := range sources {
			if source.UID != "switchboard" {
				t.Errorf("%s: alert rules would not find %s under the uid %s", file, source.Name, source.UID)
			}
			// Settings are read, and nothing is asked of AWS.
			status, body, err := plugin.Resource(within(t, 10*time.Second), source, "datasets")
			if err != nil || status != http.StatusOK || !strings.Contains(string(body), "contact_events") {
				t.Errorf("%s of %s: %d %s %v", source.Name, file, status, body, err)
			}
			misspelt := source.With(func(settings map[string]any) { settings["realtme"] = map[string]any{} })
			status, body, err = plugin.Resource(within(t, 10*time.Second), misspelt, "datasets")
			if err != nil || status != http.StatusBadRequest || !strings.Contains(string(body), "realtme") {
				t.Errorf("%s of %s with a setting misspelt: %d %s %v", source.Name, file, status, body, err)
			}
		}
	}
}

func TestDashboardsAndAlertRulesShareAFolder(t *testing.T) {
	var dashboards struct {
		Providers []struct {
			Folder    string
			FolderUID string `yaml:"folderUid"`
		}
	}
	var alerting struct {
		Groups []struct{ Name, Folder string }
	}
	for path, into := range map[string]any{dashboardFolder + "/switchboard.yaml": &dashboards, "../../provisioning/alerting/switchboard.yaml": &alerting} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := yaml.Unmarshal(text, into); err != nil {
			t.Fatal(err)
		}
	}
	// Grafana makes the folder for whichever it reads first; by a uid the other would not find it.
	if provider := dashboards.Providers[0]; provider.FolderUID != "" {
		t.Errorf("the dashboards' folder has the uid %q, which alert rules cannot name", provider.FolderUID)
	}
	var names []string
	for _, group := range alerting.Groups {
		if group.Folder != dashboards.Providers[0].Folder || slices.Contains(names, group.Name) {
			t.Errorf("group %q is in the folder %q, dashboards in %q", group.Name, group.Folder, dashboards.Providers[0].Folder)
		}
		names = append(names, group.Name)
	}
}

func TestTheDashboardProviderIsAsGrafanaDocumentsIt(t *testing.T) {
	var file struct {
		APIVersion int `yaml:"apiVersion"`
		Providers  []struct {
			Name                  string
			OrgID                 int `yaml:"orgId"`
			Type                  string
			Folder                string
			FolderUID             string `yaml:"folderUid"`
			AllowUIUpdates        bool   `yaml:"allowUiUpdates"`
			DisableDeletion       bool   `yaml:"disableDeletion"`
			UpdateIntervalSeconds int    `yaml:"updateIntervalSeconds"`
			Options               struct{ Path string }
		}
	}
	readYAML(t, dashboardFolder+"/switchboard.yaml", &file)
	if file.APIVersion != 1 || len(file.Providers) != 1 {
		t.Fatalf("%+v", file)
	}
	if provider := file.Providers[0]; provider.Type != "file" || !filepath.IsAbs(provider.Options.Path) || provider.Folder == "" {
		t.Errorf("%+v", provider)
	}
}

type alertRule struct {
	UID       string
	Title     string
	Condition string
	Data      []struct {
		RefID             string `yaml:"refId"`
		RelativeTimeRange struct {
			From, To int
		} `yaml:"relativeTimeRange"`
		DatasourceUID string `yaml:"datasourceUid"`
		Model         map[string]any
	}
	For          string
	NoDataState  string `yaml:"noDataState"`
	ExecErrState string `yaml:"execErrState"`
	IsPaused     bool   `yaml:"isPaused"`
	Labels       map[string]string
	Annotations  map[string]string
	DashboardUID string `yaml:"dashboardUid"`
	PanelID      int    `yaml:"panelId"`
}

func alertRules(t *testing.T) (rules []alertRule) {
	t.Helper()
	var file struct {
		APIVersion int `yaml:"apiVersion"`
		Groups     []struct {
			OrgID    int `yaml:"orgId"`
			Name     string
			Folder   string
			Interval string
			Rules    []alertRule
		}
	}
	readYAML(t, "../../provisioning/alerting/switchboard.yaml", &file)
	if file.APIVersion != 1 {
		t.Errorf("apiVersion is %d", file.APIVersion)
	}
	for _, group := range file.Groups {
		if interval, err := time.ParseDuration(group.Interval); err != nil || interval%(10*time.Second) != 0 || group.Folder == "" || group.Name == "" {
			t.Errorf("group %q of folder %q is evaluated every %q", group.Name, group.Folder, group.Interval)
		}
		rules = append(rules, group.Rules...)
	}
	if len(rules) == 0 {
		t.Fatal("there are no alert rules")
	}
	return rules
}

func TestAlertRulesAreAsGrafanaDocumentsThem(t *testing.T) {
	sources, err := grafana.Provisioned("../../provisioning/datasources/switchboard.yaml", environment)
	if err != nil {
		t.Fatal(err)
	}
	var uids []string
	for _, rule := range alertRules(t) {
		if rule.UID == "" || len(rule.UID) > 40 || slices.Contains(uids, rule.UID) || rule.Title == "" {
			t.Errorf("rule %q has the uid %q", rule.Title, rule.UID)
		}
		uids = append(uids, rule.UID)
		if _, err := time.ParseDuration(rule.For); err != nil {
			t.Errorf("%s: for is %q", rule.UID, rule.For)
		}
		if !slices.Contains([]string{"NoData", "Alerting", "OK", "KeepLast"}, rule.NoDataState) || !slices.Contains([]string{"Error", "Alerting", "OK", "KeepLast"}, rule.ExecErrState) {
			t.Errorf("%s: states %q and %q", rule.UID, rule.NoDataState, rule.ExecErrState)
		}
		if rule.Annotations["summary"] == "" || rule.Annotations["description"] == "" || rule.Labels["severity"] == "" {
			t.Errorf("%s: labels %v, annotations %v", rule.UID, rule.Labels, rule.Annotations)
		}
		// Grafana takes a model as it is, and puts variables of the environment in everywhere else.
		if strings.Contains(fmt.Sprint(rule.Title, rule.Labels, rule.Annotations), "$") {
			t.Errorf("%s: Grafana would put a variable of the environment into %v", rule.UID, rule.Annotations)
		}
		checkPipeline(t, rule, sources[0].UID)
		checkPanelOf(t, rule)
	}
}

// checkPipeline follows a rule from its condition back to its query: a threshold of a reduction of the data source's answer.
func checkPipeline(t *testing.T, rule alertRule, datasource string) {
	t.Helper()
	types := map[string]string{}
	for _, step := range rule.Data {
		if step.RefID == "" || types[step.RefID] != "" || step.Model["refId"] != any(step.RefID) || step.RelativeTimeRange.From <= step.RelativeTimeRange.To {
			t.Errorf("%s: step %q, model %v, range %+v", rule.UID, step.RefID, step.Model["refId"], step.RelativeTimeRange)
		}
		if step.DatasourceUID == datasource {
			types[step.RefID] = "query"
			continue
		}
		if step.DatasourceUID != "__expr__" {
			t.Errorf("%s: step %s asks %q", rule.UID, step.RefID, step.DatasourceUID)
		}
		kind := fmt.Sprint(step.Model["type"])
		before := map[string]string{"reduce": "query", "threshold": "reduce"}[kind]
		if from := types[fmt.Sprint(step.Model["expression"])]; before == "" || from != before {
			t.Errorf("%s: step %s is a %s of a %q", rule.UID, step.RefID, kind, from)
		}
		types[step.RefID] = kind
	}
	if types[rule.Condition] != "threshold" {
		t.Errorf("%s: the condition is %q, a %s", rule.UID, rule.Condition, types[rule.Condition])
	}
}

func checkPanelOf(t *testing.T, rule alertRule) {
	t.Helper()
	for _, dashboard := range bundled(t) {
		for _, panel := range dashboard.Panels {
			if dashboard.UID == rule.DashboardUID && panel.ID == rule.PanelID {
				if rule.Annotations["__dashboardUid__"] != rule.DashboardUID || rule.Annotations["__panelId__"] != fmt.Sprint(rule.PanelID) {
					t.Errorf("%s: its annotations lead to another panel: %v", rule.UID, rule.Annotations)
				}
				return
			}
		}
	}
	t.Errorf("%s: no panel %d on %s", rule.UID, rule.PanelID, rule.DashboardUID)
}

func TestAlertRulesAreAnswered(t *testing.T) {
	plugin, source := start(t), sourceOf(t, sharedWorld(t))
	if err := selectOne(within(t, time.Minute), plugin, source); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	for _, rule := range alertRules(t) {
		step := rule.Data[0]
		if sql, ok := step.Model["sql"].(string); ok {
			// The queues of this small centre have too few contacts for a rule to mind.
			step.Model["sql"] = strings.NewReplacer(">= 10", ">= 1", ">= 20", ">= 1").Replace(sql)
		}
		answers, err := plugin.QueryWithHeaders(within(t, time.Minute), source, map[string]string{"FromAlert": "true"}, grafana.Query{
			RefID: step.RefID, JSON: step.Model, From: now.Add(-time.Duration(step.RelativeTimeRange.From) * time.Second), To: now, Interval: time.Minute,
		})
		if err != nil {
			t.Fatal(err)
		}
		rows := rowsOf(t, rule.UID, answers[step.RefID])
		if rows == 0 && rule.UID != "switchboard-queue-wait" {
			t.Errorf("%s has nothing to look at", rule.UID)
		}
		for _, frame := range answers[step.RefID].Frames {
			schema := frame.TimeSeriesSchema()
			if rows > 0 && (schema.TimeIndex != 0 || len(schema.ValueIndices) == 0 || len(frame.Fields[1].Labels) != 1) {
				t.Errorf("%s: Grafana cannot alert on %v of labels %v", rule.UID, grafana.Names(frame), frame.Fields[len(frame.Fields)-1].Labels)
			}
		}
	}
}

// readYAML reads a provisioning file that needs no variables of the environment; keys that Grafana does not document are an
// error.
func readYAML(t *testing.T, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	decoder := yaml.NewDecoder(strings.NewReader(string(text)))
	decoder.KnownFields(true)
	if err := decoder.Decode(into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}
