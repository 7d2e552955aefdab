package host_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"switchboard/tests/host/grafana"
)

// The bundled dashboards as Grafana saves them, as far as the tests look.

const dashboardFolder = "../../provisioning/dashboards"

type dashboard struct {
	UID           string
	Title         string
	Description   string
	Tags          []string
	SchemaVersion int
	Timezone      string
	Time          struct{ From, To string }
	Panels        []dashboardPanel
	Annotations   struct {
		List []struct {
			Name       string
			BuiltIn    int
			Datasource struct{ UID string }
			Target     map[string]any
		}
	}
	Templating struct{ List []variable }

	// raw is the file's text.
	raw string
}

type dashboardPanel struct {
	ID          int
	Type        string
	Title       string
	Description string
	Interval    string
	TimeFrom    string
	Datasource  struct{ UID string }
	GridPos     struct{ X, Y, W, H int }
	FieldConfig struct {
		Defaults struct {
			Unit       string
			Thresholds struct{ Steps []any }
		}
		Overrides []struct {
			Matcher struct {
				ID      string
				Options any
			}
		}
	}
	Options struct {
		ReduceOptions struct{ Fields string }
		Content       string
	}
	Targets         []map[string]any
	Transformations []struct{ ID string }
}

type variable struct {
	Type       string
	Name       string
	Label      string
	Query      any
	Datasource struct{ UID string }
	Multi      bool
	IncludeAll bool
	AllValue   string
	Current    struct{ Value any }
}

// bundled are the dashboards that plugin.json includes, in its order.
func bundled(t *testing.T) []dashboard {
	t.Helper()
	var manifest struct {
		Includes []struct{ Type, Name, Path string }
	}
	readJSON(t, "../../plugin.json", &manifest)
	var all []dashboard
	for _, include := range manifest.Includes {
		if include.Type != "dashboard" || filepath.Dir(include.Path) != "dashboards" {
			t.Fatalf("plugin.json includes %+v, which is no file of dashboards/", include)
		}
		var one dashboard
		one.raw = readJSON(t, filepath.Join(dashboardFolder, filepath.Base(include.Path)), &one)
		if one.Title != include.Name {
			t.Errorf("plugin.json calls %s %q, its title is %q", include.Path, include.Name, one.Title)
		}
		all = append(all, one)
	}
	return all
}

func readJSON(t *testing.T, path string, into any) (raw string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return string(text)
}

// asked is a query as the browser half sends it: variables put in.
func asked(t *testing.T, target map[string]any, values map[string][]string) json.RawMessage {
	t.Helper()
	sent := maps.Clone(target)
	if sql, ok := sent["sql"].(string); ok {
		sent["sql"] = interpolated(sql, values)
	}
	text, err := json.Marshal(sent)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

var placeholder = regexp.MustCompile(`'\$\{(\w+)\}'|\$\{(\w+)\}`)

// interpolated puts values into SQL as frontend/src/sql/interpolate.ts does, in the places that the dashboards use: alone
// between quotes a list of texts, outside of quotes numbers, or else texts.
func interpolated(sql string, values map[string][]string) string {
	return placeholder.ReplaceAllStringFunc(sql, func(found string) string {
		isQuoted := strings.HasPrefix(found, "'")
		chosen, known := values[strings.Trim(found, "'${}")]
		if !known {
			return found
		}
		written := make([]string, len(chosen))
		for i, value := range chosen {
			written[i] = "'" + strings.ReplaceAll(value, "'", "''") + "'"
			if _, err := strconv.ParseFloat(value, 64); err == nil && !isQuoted {
				written[i] = value
			}
		}
		return strings.Join(written, ", ")
	})
}

// rangeOf is the dashboard's time range at this instant, or the panel's own.
func rangeOf(t *testing.T, dashboard dashboard, panel dashboardPanel, now time.Time) (from, to time.Time) {
	t.Helper()
	from, to = instant(t, dashboard.Time.From, now, false), instant(t, dashboard.Time.To, now, true)
	if panel.TimeFrom != "" {
		from = instant(t, "now-"+panel.TimeFrom, now, false)
	}
	// Just after midnight, today has nothing to show.
	if to.Sub(from) < 12*time.Hour && panel.TimeFrom == "" && strings.HasSuffix(dashboard.Time.From, "now/d") {
		from = to.Add(-12 * time.Hour)
	}
	return from, to
}

var relative = regexp.MustCompile(`^now(?:-(\d+)([mhd]))?(/d)?$`)

// instant reads `now-30d/d`; a day is rounded to its begin, or at the end of a range to its end.
func instant(t *testing.T, text string, now time.Time, isEnd bool) time.Time {
	t.Helper()
	parts := relative.FindStringSubmatch(text)
	if parts == nil {
		t.Fatalf("the tests cannot read the time %q", text)
	}
	count, _ := strconv.Atoi(cmp.Or(parts[1], "0"))
	unit := map[string]time.Duration{"m": time.Minute, "h": time.Hour, "d": 24 * time.Hour}[parts[2]]
	at := now.Add(-time.Duration(count) * unit)
	if parts[3] == "" {
		return at
	}
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	year, month, day := at.In(london).Date()
	if isEnd {
		day++
	}
	return time.Date(year, month, day, 0, 0, 0, 0, london)
}

// intervalOf is what Grafana suggests for a point of the panel.
func intervalOf(panel dashboardPanel, from, to time.Time) time.Duration {
	least, _ := time.ParseDuration(cmp.Or(panel.Interval, "1s"))
	interval := to.Sub(from) / 1000
	for _, round := range []time.Duration{time.Second, 15 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour} {
		if interval <= round {
			return max(round, least)
		}
	}
	return max(interval.Round(time.Hour), least)
}

// choices asks for the values of a dashboard's variables as the dashboard does. `all` is what they are when it opens,
// `one` has a single value each.
func choices(t *testing.T, plugin *grafana.Plugin, source *grafana.Source, dashboard dashboard, now time.Time) (all, one map[string][]string) {
	t.Helper()
	all, one = map[string][]string{}, map[string][]string{}
	from, to := rangeOf(t, dashboard, dashboardPanel{}, now)
	for _, variable := range dashboard.Templating.List {
		switch variable.Type {
		case "query":
			query := maps.Clone(variable.Query.(map[string]any))
			query["format"] = "table"
			answers, err := plugin.Query(within(t, time.Minute), source, grafana.Query{JSON: query, From: from, To: to, RefID: variable.Name})
			if err != nil {
				t.Fatal(err)
			}
			rows := grafana.Rows(frame(t, answers[variable.Name]))
			if len(rows) == 0 {
				t.Fatalf("variable %s has no values from %s to %s", variable.Name, from, to)
			}
			first := fmt.Sprint(rows[0][0])
			one[variable.Name], all[variable.Name] = []string{first}, []string{first}
			if variable.IncludeAll {
				all[variable.Name] = []string{variable.AllValue}
			}
		case "custom", "textbox":
			value := []string{fmt.Sprint(variable.Current.Value)}
			one[variable.Name], all[variable.Name] = value, value
		}
	}
	return all, one
}
