package host_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"switchboard/tests/host/grafana"
)

// malformed is a query, an SQL text or settings with something wrong in it. What it leaves out is right.
type malformed struct {
	// Query and Settings are JSON values, or a text that is sent as it is.
	Query, Settings json.RawMessage
	Secure          map[string]string
	// Leg and SQL are a query whose text alone is wrong.
	Leg, SQL string
	// Says is what the error must contain.
	Says texts
}

// texts are one text, or a list of them.
type texts []string

func (t *texts) UnmarshalJSON(value []byte) error {
	var one string
	if json.Unmarshal(value, &one) == nil {
		*t = texts{one}
		return nil
	}
	return json.Unmarshal(value, (*[]string)(t))
}

func TestEveryMalformedQueryAndSettingGetsAClearError(t *testing.T) {
	files, err := filepath.Glob("../malformed/*.json")
	if err != nil {
		t.Fatal(err)
	}
	plugin := start(t)
	total := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var cases []malformed
		if err := json.Unmarshal(text, &cases); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for i, one := range cases {
			one.check(t, plugin, filepath.Base(file), i)
		}
		total += len(cases)
	}
	if total < 200 {
		t.Errorf("there are %d malformed queries and settings, wanted 200 at least", total)
	}
	if err := plugin.Ping(); err != nil {
		t.Errorf("the plugin did not survive: %v", err)
	}
	t.Logf("%d malformed queries and settings in %d files", total, len(files))
}

func (m malformed) check(t *testing.T, plugin *grafana.Plugin, file string, number int) {
	t.Helper()
	// Nothing listens at these endpoints: whatever is let through fails in another way.
	name := fmt.Sprintf("%s, case %d", file, number)
	source := &grafana.Source{UID: name, Name: name, Updated: time.Now()}
	source.JSONData = json.RawMessage(`{"authType": "keys", "realtime": {"endpoint": "http://127.0.0.1:1"},
		"historical": {"endpoint": "http://127.0.0.1:1", "outputLocation": "s3://results/x/"}}`)
	source.Secrets = map[string]string{"accessKey": "AKIAEXAMPLE", "secretKey": "example"}
	if m.Settings != nil {
		source.JSONData = asItIs(m.Settings)
	}
	if m.Secure != nil {
		source.Secrets = m.Secure
	}
	query := encoded(t, panel{RefID: "A", Route: "realtime", Format: "table", SQL: "SELECT 1"})
	switch {
	case m.Query != nil:
		query = asItIs(m.Query)
	case m.Leg != "":
		query = encoded(t, panel{RefID: "A", Route: m.Leg, Format: "table", SQL: m.SQL})
	}
	answers, err := plugin.Query(within(t, 10*time.Second), source, grafana.Query{
		JSON: query, From: time.Now().Add(-time.Hour), To: time.Now(), Interval: 30 * time.Second,
	})
	if err != nil {
		t.Errorf("%s: the whole call fails: %v", name, err)
		return
	}
	answer := answers["A"]
	if answer.Error == nil || answer.Status != http.StatusBadRequest || answer.ErrorSource != backend.ErrorSourceDownstream {
		t.Errorf("%s: %s %s: status %d, source %q, error %v; wanted 400 and downstream",
			name, query, m.Settings, answer.Status, answer.ErrorSource, answer.Error)
		return
	}
	if m.Leg != "" && strings.TrimSpace(m.SQL) == "" {
		// A query without SQL is refused before its SQL is looked at.
		m.Says = texts{"no SQL"}
	}
	for _, part := range m.Says {
		if !strings.Contains(answer.Error.Error(), part) {
			t.Errorf("%s: %s %s: %q does not say %q", name, query, m.Settings, answer.Error, part)
		}
	}
}

func encoded(t *testing.T, query any) json.RawMessage {
	t.Helper()
	text, err := json.Marshal(query)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// asItIs is a JSON value's text, or what a JSON string holds: so that a case can be something that is not JSON.
func asItIs(value json.RawMessage) json.RawMessage {
	var text string
	if json.Unmarshal(value, &text) == nil {
		return json.RawMessage(text)
	}
	return value
}
