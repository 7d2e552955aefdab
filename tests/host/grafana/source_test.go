package grafana_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchboard/tests/host/grafana"
)

func TestProvisioningExpandsVariablesInValuesAsGrafanaDoes(t *testing.T) {
	path := write(t, `
apiVersion: 1
datasources:
  - name: Calls of $TEAM
    type: switchboard-connect-datasource
    uid: calls
    jsonData:
      realtime: {endpoint: "${URL}/x", region: eu-west-1}
      list: ["$TEAM", 5, true]
      price: "5$$"
    secureJsonData:
      secretKey: $KEY
`)
	variables := map[string]string{"TEAM": "north", "URL": "http://127.0.0.1:1", "KEY": "a$b"}
	sources, err := grafana.Provisioned(path, func(name string) string { return variables[name] })
	if err != nil {
		t.Fatal(err)
	}
	source := sources[0]
	wanted := `{"list":["north",5,true],"price":"5$","realtime":{"endpoint":"http://127.0.0.1:1/x","region":"eu-west-1"}}`
	if string(source.JSONData) != wanted {
		t.Errorf("jsonData is %s, wanted %s", source.JSONData, wanted)
	}
	if source.Name != "Calls of north" || source.Secrets["secretKey"] != "a$b" {
		t.Errorf("name %q, secrets %v", source.Name, source.Secrets)
	}
}

func TestProvisioningRefusesWhatGrafanaWouldNotUnderstand(t *testing.T) {
	for name, example := range map[string]struct{ text, message string }{
		"no version":    {"datasources: []", "apiVersion must be 1"},
		"another type":  {"apiVersion: 1\ndatasources: [{name: a, type: b, uid: c}]", `of type "b"`},
		"no uid":        {"apiVersion: 1\ndatasources: [{name: a, type: switchboard-connect-datasource}]", "no uid"},
		"a strange key": {"apiVersion: 1\ndatasources: [{name: a, typ: b}]", "field typ not found"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := grafana.Provisioned(write(t, example.text), os.Getenv)
			if err == nil || !strings.Contains(err.Error(), example.message) {
				t.Errorf("answered %v, wanted %q", err, example.message)
			}
		})
	}
}

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "datasources.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
