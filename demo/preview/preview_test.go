package preview_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"switchboard/demo/preview"
	"switchboard/tests/host/grafana"
)

const secret = "a secret that no browser may see"

// site is a preview without a plugin, which no test here asks.
func site(t *testing.T) *httptest.Server {
	t.Helper()
	folders := preview.Folders{Page: t.TempDir(), Plugin: t.TempDir(), Dashboards: t.TempDir()}
	for path, text := range map[string]string{
		filepath.Join(folders.Page, "index.html"):        "<title>the page</title>",
		filepath.Join(folders.Plugin, "module.js"):       "the module",
		filepath.Join(folders.Plugin, "img", "logo.svg"): "<svg/>",
		filepath.Join(folders.Dashboards, "one.json"):    `{"uid": "one", "title": "One", "panels": [1]}`,
	} {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	provisioned := &grafana.Source{
		UID: "provisioned", Name: "Provisioned", JSONData: json.RawMessage(`{"authType": "keys"}`),
		Secrets: map[string]string{"secretKey": secret}, Updated: time.Now(),
	}
	server := httptest.NewServer(preview.Handler(nil, []*grafana.Source{provisioned}, folders))
	t.Cleanup(server.Close)
	return server
}

// ask sends a request, JSON unless the headers say otherwise, and answers status and body.
func ask(t *testing.T, method, url, body string, headers map[string]string) (int, string) {
	t.Helper()
	request, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	if host := headers["Host"]; host != "" {
		request.Host = host
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if allowed := response.Header.Get("Access-Control-Allow-Origin"); allowed != "" {
		t.Errorf("%s %s lets %q read it", method, url, allowed)
	}
	return response.StatusCode, string(text)
}

func TestOnlyItsOwnPagesAreAnswered(t *testing.T) {
	server := site(t)
	for name, example := range map[string]struct {
		method, path string
		headers      map[string]string
		status       int
	}{
		"its page":                  {"GET", "/", nil, 200},
		"by the name localhost":     {"GET", "/", map[string]string{"Host": "localhost:3333"}, 200},
		"its own script":            {"POST", "/api/datasources", map[string]string{"Origin": server.URL}, 200},
		"a name that leads here":    {"GET", "/api/datasources", map[string]string{"Host": "attacker.example:3333"}, 403},
		"a name like ours":          {"GET", "/", map[string]string{"Host": "127.0.0.1.attacker.example"}, 403},
		"another site's script":     {"POST", "/api/datasources", map[string]string{"Origin": "http://attacker.example"}, 403},
		"another port's script":     {"GET", "/api/datasources", map[string]string{"Origin": "http://127.0.0.1:1"}, 403},
		"a page from a file":        {"POST", "/api/datasources", map[string]string{"Origin": "null"}, 403},
		"a form":                    {"POST", "/api/datasources", map[string]string{"Content-Type": "text/plain"}, 415},
		"a form that claims JSON":   {"POST", "/api/datasources", map[string]string{"Content-Type": "text/plain; x=application/json"}, 415},
		"a part that is not there":  {"GET", "/api/users", nil, 404},
		"a listing":                 {"GET", "/public/plugins/" + grafana.PluginID + "/img/", nil, 404},
		"a file of the plugin":      {"GET", "/public/plugins/" + grafana.PluginID + "/img/logo.svg", nil, 200},
		"a file outside the folder": {"GET", "/public/plugins/" + grafana.PluginID + "/..%2f..%2fetc/passwd", nil, 404},
	} {
		t.Run(name, func(t *testing.T) {
			if status, body := ask(t, example.method, server.URL+example.path, "{}", example.headers); status != example.status {
				t.Errorf("answered %d, wanted %d: %s", status, example.status, body)
			}
		})
	}
}

func TestSecretsAreWriteOnly(t *testing.T) {
	server := site(t)
	_, list := ask(t, "GET", server.URL+"/api/datasources", "", nil)
	if strings.Contains(list, secret) || !strings.Contains(list, `"secureJsonFields":{"secretKey":true}`) {
		t.Errorf("the list is %s", list)
	}
	_, added := ask(t, "POST", server.URL+"/api/datasources", "{}", nil)
	var source struct{ UID string }
	if err := json.Unmarshal([]byte(added), &source); err != nil || source.UID == "" {
		t.Fatalf("added %s: %v", added, err)
	}
	address := server.URL + "/api/datasources/uid/" + source.UID
	for _, step := range []struct{ body, fields string }{
		{`{"name": "Mine", "jsonData": {"a": 1}, "secureJsonData": {"accessKey": "k", "secretKey": "s"}}`, `{"accessKey":true,"secretKey":true}`},
		{`{"jsonData": {"b": 2}, "secureJsonFields": {"accessKey": true}}`, `{"accessKey":true}`},
		{`{"jsonData": {"b": 2}, "secureJsonData": {"accessKey": ""}}`, `{}`},
	} {
		status, saved := ask(t, "PUT", address, step.body, nil)
		if status != 200 || !strings.Contains(saved, `"secureJsonFields":`+step.fields) || !strings.Contains(saved, `"name":"Mine"`) {
			t.Errorf("%s: answered %d %s", step.body, status, saved)
		}
	}
	_, list = ask(t, "GET", server.URL+"/api/datasources", "", nil)
	if !strings.Contains(list, `"jsonData":{"b":2}`) || !strings.Contains(list, `"version":4`) {
		t.Errorf("after three saves the list is %s", list)
	}
}

func TestWhatAFileProvisionedStays(t *testing.T) {
	server := site(t)
	for uid, wanted := range map[string]string{"provisioned": "provisioned from a file", "missing": "no data source"} {
		status, body := ask(t, "PUT", server.URL+"/api/datasources/uid/"+uid, `{"jsonData": {}}`, nil)
		if status != 400 || !strings.Contains(body, wanted) {
			t.Errorf("saving %s answered %d %s", uid, status, body)
		}
	}
}

func TestQueriesThatNameNothingAreRefused(t *testing.T) {
	server := site(t)
	for body, wanted := range map[string]string{
		`{"from": "1", "to": "2", "queries": []}`:                                                 "no query",
		`{"from": "1", "to": "2", "queries": [{"refId": "A", "datasource": {"uid": "missing"}}]}`: `no data source \"missing\"`,
		`{"from": "yesterday", "to": "2", "queries": []}`:                                         "not a time",
		`{"from": 1}`: "not the JSON that is needed",
	} {
		status, said := ask(t, "POST", server.URL+"/api/ds/query", body, nil)
		if status != 400 || !strings.Contains(said, wanted) {
			t.Errorf("%s answered %d %s, wanted %q", body, status, said, wanted)
		}
	}
}

func TestDashboardsAreReadFromTheirFolder(t *testing.T) {
	server := site(t)
	if _, list := ask(t, "GET", server.URL+"/api/dashboards", "", nil); !strings.Contains(list, `"title":"One"`) || strings.Contains(list, "panels") {
		t.Errorf("the list is %s", list)
	}
	if _, one := ask(t, "GET", server.URL+"/api/dashboards/uid/one", "", nil); !strings.Contains(one, `"panels":[1]`) {
		t.Errorf("the dashboard is %s", one)
	}
	if status, _ := ask(t, "GET", server.URL+"/api/dashboards/uid/two", "", nil); status != 404 {
		t.Errorf("a dashboard that is not there answers %d", status)
	}
}

func TestItListensOnTheLoopbackInterfaceAlone(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", ":0", "192.0.2.1:80", "3333"} {
		if err := preview.Serve(t.Context(), address, nil, func(string) { t.Error("it listens") }); err == nil {
			t.Errorf("%s was taken", address)
		}
	}
}

func TestATakenPortIsNoObstacle(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	urls, done := make(chan string, 1), make(chan error, 1)
	go func() {
		done <- preview.Serve(ctx, taken.Addr().String(), http.NotFoundHandler(), func(url string) { urls <- url })
	}()
	select {
	case url := <-urls:
		if url == "http://"+taken.Addr().String()+"/" {
			t.Errorf("it says that it serves on the taken port: %s", url)
		}
		if status, _ := ask(t, "GET", url, "", nil); status != 404 {
			t.Errorf("%s answers %d", url, status)
		}
	case err := <-done:
		t.Fatal(err)
	}
	stop()
	if err := <-done; err != nil {
		t.Errorf("it ended with %v", err)
	}
}
