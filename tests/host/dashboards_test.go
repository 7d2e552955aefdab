package host_test

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"switchboard/tests/host/grafana"
)

// panelTypes are Grafana's current ones that the dashboards use.
var panelTypes = []string{"stat", "timeseries", "table", "bargauge", "state-timeline", "text"}

// mayBeEmpty are the panels whose best answer is none, by title.
var mayBeEmpty = map[string]string{
	"Longest waiting":           "nobody may be waiting",
	"Transfers by queue":        "a single queue may have had none",
	"Contacts handled per hour": "an agent may have taken none yet",
}

func TestEveryDashboardIsBundled(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(dashboardFolder, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	all := bundled(t)
	if len(files) != len(all) || len(all) == 0 {
		t.Errorf("plugin.json includes %d dashboards of the %d files", len(all), len(files))
	}
	var uids []string
	for _, dashboard := range all {
		if dashboard.UID == "" || slices.Contains(uids, dashboard.UID) {
			t.Errorf("%s has the uid %q, which is not its own", dashboard.Title, dashboard.UID)
		}
		uids = append(uids, dashboard.UID)
	}
}

func TestDashboardsAreAsGrafanaDocumentsThem(t *testing.T) {
	for _, dashboard := range bundled(t) {
		t.Run(dashboard.UID, func(t *testing.T) {
			if dashboard.SchemaVersion != 41 || dashboard.Description == "" || !slices.Contains(dashboard.Tags, "switchboard") {
				t.Errorf("schema version %d, description %q, tags %v", dashboard.SchemaVersion, dashboard.Description, dashboard.Tags)
			}
			if regexp.MustCompile(`(?i)\$\{DS_|__inputs`).MatchString(dashboard.raw) {
				t.Error("it has an input of an export, which a provisioned dashboard cannot fill")
			}
			checkVariables(t, dashboard)
			seen := map[int]string{}
			for _, panel := range dashboard.Panels {
				if other, taken := seen[panel.ID]; panel.ID < 1 || taken {
					t.Errorf("panels %q and %q have the id %d", other, panel.Title, panel.ID)
				}
				seen[panel.ID] = panel.Title
				checkPanel(t, panel)
			}
			checkGrid(t, dashboard.Panels)
			for _, annotation := range dashboard.Annotations.List {
				if annotation.BuiltIn == 0 && (annotation.Datasource.UID != "${datasource}" || annotation.Target == nil) {
					t.Errorf("annotation %q asks %q for %v", annotation.Name, annotation.Datasource.UID, annotation.Target)
				}
			}
		})
	}
}

func checkPanel(t *testing.T, panel dashboardPanel) {
	t.Helper()
	if !slices.Contains(panelTypes, panel.Type) {
		t.Errorf("%q is a %s, not one of %v", panel.Title, panel.Type, panelTypes)
	}
	if panel.Type == "text" {
		if panel.Options.Content == "" {
			t.Error("a text panel is empty")
		}
		return
	}
	if panel.Title == "" || len(panel.Description) < 30 || !strings.HasSuffix(panel.Description, ".") {
		t.Errorf("panel %d, %q, is described as %q", panel.ID, panel.Title, panel.Description)
	}
	if panel.FieldConfig.Defaults.Unit == "" || len(panel.FieldConfig.Defaults.Thresholds.Steps) == 0 {
		t.Errorf("%q lacks a unit or thresholds", panel.Title)
	}
	if panel.Datasource.UID != "${datasource}" || len(panel.Targets) == 0 {
		t.Errorf("%q asks %q for %d queries", panel.Title, panel.Datasource.UID, len(panel.Targets))
	}
	var refIDs []any
	for _, target := range panel.Targets {
		source, _ := target["datasource"].(map[string]any)
		if source["uid"] != "${datasource}" || source["type"] != grafana.PluginID {
			t.Errorf("a query of %q asks %v", panel.Title, source)
		}
		if refID := target["refId"]; refID == "" || slices.Contains(refIDs, refID) {
			t.Errorf("%q has two queries %v", panel.Title, refID)
		}
		refIDs = append(refIDs, target["refId"])
		if target["kind"] == nil && (target["editorMode"] != "sql" || target["route"] == nil) {
			t.Errorf("a query of %q opens in the wrong editor, or on no leg: %v, %v", panel.Title, target["editorMode"], target["route"])
		}
	}
}

// checkGrid finds panels that stand outside the grid's 24 columns, or on each other.
func checkGrid(t *testing.T, panels []dashboardPanel) {
	t.Helper()
	taken := map[[2]int]string{}
	for _, panel := range panels {
		place := panel.GridPos
		if place.X < 0 || place.Y < 0 || place.W < 3 || place.H < 3 || place.X+place.W > 24 {
			t.Errorf("%q is at %+v", panel.Title, place)
		}
		for x := place.X; x < place.X+place.W; x++ {
			for y := place.Y; y < place.Y+place.H; y++ {
				if other, is := taken[[2]int{x, y}]; is {
					t.Fatalf("%q stands on %q", panel.Title, other)
				}
				taken[[2]int{x, y}] = panel.Title
			}
		}
	}
}

// checkVariables finds variables that are used and not declared, or declared and not used.
func checkVariables(t *testing.T, dashboard dashboard) {
	t.Helper()
	used := map[string]bool{}
	for _, match := range regexp.MustCompile(`\$\{(\w+)\}`).FindAllStringSubmatch(dashboard.raw, -1) {
		used[match[1]] = true
	}
	for i, variable := range dashboard.Templating.List {
		if !used[variable.Name] || variable.Label == "" {
			t.Errorf("variable %q, labelled %q, is not used", variable.Name, variable.Label)
		}
		delete(used, variable.Name)
		if i == 0 && (variable.Type != "datasource" || variable.Query != any(grafana.PluginID)) {
			t.Errorf("the first variable is a %s of %v, not the data source", variable.Type, variable.Query)
		}
		if variable.Type == "query" && variable.Datasource.UID != "${datasource}" {
			t.Errorf("variable %q asks %q", variable.Name, variable.Datasource.UID)
		}
		// All must not leave out what has no value, or came after the list was read.
		if variable.IncludeAll && variable.AllValue != "*" {
			t.Errorf("All of %q stands for %q", variable.Name, variable.AllValue)
		}
	}
	if len(used) > 0 {
		t.Errorf("these variables are not declared: %v", used)
	}
}

func TestEveryPanelIsAnswered(t *testing.T) {
	plugin, source := start(t), sourceOf(t, sharedWorld(t))
	// What Switchboard itself has done is on a dashboard, too.
	if err := selectOne(within(t, time.Minute), plugin, source); err != nil {
		t.Fatal(err)
	}
	for _, dashboard := range bundled(t) {
		t.Run(dashboard.UID, func(t *testing.T) {
			now := time.Now()
			all, one := choices(t, plugin, source, dashboard, now)
			for _, panel := range dashboard.Panels {
				if panel.Type == "text" {
					continue
				}
				t.Run(strings.ReplaceAll(panel.Title, " ", "_"), func(t *testing.T) {
					from, to := rangeOf(t, dashboard, panel, now)
					for refID, answer := range answersTo(t, plugin, source, panel, from, to, all) {
						rows := rowsOf(t, refID, answer)
						if mayBeEmpty[panel.Title] == "" && rows == 0 {
							t.Errorf("query %s has no rows", refID)
						}
						checkFields(t, panel, answer)
					}
					for refID, answer := range answersTo(t, plugin, source, panel, from, to, one) {
						rowsOf(t, refID, answer)
					}
				})
			}
			for _, annotation := range dashboard.Annotations.List {
				if annotation.BuiltIn == 0 {
					from, to := rangeOf(t, dashboard, dashboardPanel{}, now)
					answers, err := plugin.Query(within(t, time.Minute), source, grafana.Query{RefID: "Anno", JSON: annotation.Target, From: from, To: to})
					if err != nil {
						t.Fatal(err)
					}
					if rows := rowsOf(t, "Anno", answers["Anno"]); rows != 1 {
						t.Errorf("annotation %q has %d rows", annotation.Name, rows)
					}
				}
			}
		})
	}
}

func answersTo(t *testing.T, plugin *grafana.Plugin, source *grafana.Source, panel dashboardPanel, from, to time.Time, values map[string][]string) backend.Responses {
	t.Helper()
	var queries []grafana.Query
	for _, target := range panel.Targets {
		queries = append(queries, grafana.Query{
			RefID: fmt.Sprint(target["refId"]), JSON: asked(t, target, values), From: from, To: to, Interval: intervalOf(panel, from, to),
		})
	}
	answers, err := plugin.Query(within(t, 2*time.Minute), source, queries...)
	if err != nil {
		t.Fatal(err)
	}
	return answers
}

func rowsOf(t *testing.T, refID string, answer backend.DataResponse) (rows int) {
	t.Helper()
	if answer.Error != nil {
		t.Errorf("query %s: %v", refID, answer.Error)
	}
	for _, frame := range answer.Frames {
		rows += frame.Rows()
	}
	return rows
}

// checkFields finds what a panel says of fields that its answer does not have: a stat's field, an override's.
func checkFields(t *testing.T, panel dashboardPanel, answer backend.DataResponse) {
	t.Helper()
	var names []string
	for _, frame := range answer.Frames {
		names = append(names, grafana.Names(frame)...)
	}
	if pattern := strings.Trim(panel.Options.ReduceOptions.Fields, "/"); pattern != "" {
		if !slices.ContainsFunc(names, regexp.MustCompile(pattern).MatchString) {
			t.Errorf("it shows the field %s of %v", pattern, names)
		}
	}
	if len(panel.Transformations) > 0 {
		// They make fields of their own.
		return
	}
	for _, override := range panel.FieldConfig.Overrides {
		if name, ok := override.Matcher.Options.(string); ok && override.Matcher.ID == "byName" && !slices.Contains(names, name) {
			t.Errorf("it overrides the field %q, which is none of %v", name, names)
		}
	}
}
