// Package moto asks for a second opinion on the wire protocols: moto, an independent implementation of AWS's APIs in
// Python, answers with results laid out in advance, and the plugin must read them right. The sandbox is built here beside
// the plugin, so the two could share a misunderstanding; moto cannot share it.
package moto

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"switchboard/tests/host/grafana"
)

// server is a running moto.
type server struct {
	t   *testing.T
	url string
}

// start runs moto for the length of one test; its state is its own.
func start(t *testing.T) *server {
	t.Helper()
	python := os.Getenv("MOTO_PYTHON")
	if python == "" {
		t.Skip("moto is installed and this test run by `go tool mage moto`")
	}
	command := exec.Command(python, "server.py")
	var complaints bytes.Buffer
	command.Stderr = &complaints
	input, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = input.Close()
		_ = command.Wait()
		if t.Failed() {
			t.Logf("moto's own messages:\n%s", complaints.String())
		}
	})
	line, err := bufio.NewReader(output).ReadBytes('\n')
	if err != nil {
		t.Fatalf("moto did not start: %v", err)
	}
	var ready struct{ URL string }
	if err := json.Unmarshal(line, &ready); err != nil {
		t.Fatalf("moto says %q: %v", line, err)
	}
	return &server{t: t, url: ready.URL}
}

// post sends JSON to one of moto's own routes, which are beside AWS's.
func (s *server) post(route string, body any) {
	s.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		s.t.Fatal(err)
	}
	s.send(http.MethodPost, route, text)
}

func (s *server) send(method, route string, body []byte) {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), method, s.url+route, bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode >= 300 {
		s.t.Fatalf("moto answers %s to %s %s", answer.Status, method, route)
	}
}

// source is a data source whose both legs are this moto. Credentials are whatever: moto checks no signature.
func (s *server) source() *grafana.Source {
	settings := fmt.Sprintf(`{
		"authType": "keys",
		"stsEndpoint": %[1]q,
		"realtime": {"region": "eu-west-1", "endpoint": %[1]q, "database": "connect", "table": "contact_events"},
		"historical": {"region": "eu-west-2", "endpoint": %[1]q, "s3Endpoint": %[1]q, "database": "connect",
			"outputLocation": "s3://results/panels/", "resultReuse": {"enabled": false}},
		"limits": {"timeoutSeconds": 30}
	}`, s.url)
	return &grafana.Source{
		UID:      s.t.Name(),
		Name:     s.t.Name(),
		JSONData: json.RawMessage(settings),
		Secrets:  map[string]string{"accessKey": "AKIAMOTOEXAMPLE00001", "secretKey": "moto-checks-no-signature"},
		Updated:  time.Now(),
	}
}

// plugin starts the plugin for the length of one test.
func plugin(t *testing.T) *grafana.Plugin {
	t.Helper()
	binary := os.Getenv("SWITCHBOARD_PLUGIN")
	if binary == "" {
		var err error
		if binary, err = filepath.Abs("../../target/debug/gpx_switchboard"); err != nil {
			t.Fatal(err)
		}
	}
	plugin, err := grafana.Start(binary)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(plugin.Stop)
	return plugin
}

// rows runs one statement as a table panel and answers its rows.
func rows(t *testing.T, plugin *grafana.Plugin, source *grafana.Source, route, sql string) [][]any {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	answers, err := plugin.Query(ctx, source, grafana.Query{
		JSON: map[string]any{"route": route, "sql": sql, "format": "table"},
		From: time.Now().Add(-time.Hour),
		To:   time.Now(),
	})
	if err != nil {
		t.Fatal(err)
	}
	answer := answers["A"]
	if answer.Error != nil {
		t.Fatalf("%s: %v", sql, answer.Error)
	}
	if len(answer.Frames) != 1 {
		t.Fatalf("%s: %d frames", sql, len(answer.Frames))
	}
	return grafana.Rows(answer.Frames[0])
}
