package grafana

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"go.yaml.in/yaml/v3"
)

// Source is a data source as Grafana keeps it: what a provisioning file says, plus when it was last changed.
type Source struct {
	// UID names the instance.
	UID string
	// Name is shown to people.
	Name string
	// JSONData is the settings object, as JSON text.
	JSONData json.RawMessage
	// Secrets is secureJsonData, decrypted.
	Secrets map[string]string
	// Updated is when the settings were last saved; the plugin rebuilds its instance when it changes.
	Updated time.Time
	// Config is the part of Grafana's own configuration that it forwards to plugins.
	Config map[string]string
}

// With answers a copy whose settings were saved anew with `set` applied to the decoded jsonData.
func (s *Source) With(set func(settings map[string]any)) *Source {
	settings := map[string]any{}
	if err := json.Unmarshal(s.JSONData, &settings); err != nil {
		panic(fmt.Sprintf("the settings of %s are no JSON object: %v", s.Name, err))
	}
	set(settings)
	changed := *s
	changed.JSONData = encode(settings)
	changed.Secrets = maps.Clone(s.Secrets)
	changed.Updated = saved()
	return &changed
}

// lastSaved is the newest Updated given out, in milliseconds since the epoch.
var lastSaved atomic.Int64

// saved is the time of a save: now, but a millisecond at least after the one before, since Grafana sends milliseconds
// and two saves of one data source are never the same.
func saved() time.Time {
	for {
		before := lastSaved.Load()
		now := max(time.Now().UnixMilli(), before+1)
		if lastSaved.CompareAndSwap(before, now) {
			return time.UnixMilli(now)
		}
	}
}

func encode(value any) json.RawMessage {
	text, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Sprintf("settings that were decoded from JSON do not encode: %v", err))
	}
	return text
}

func (s *Source) context() backend.PluginContext {
	return backend.PluginContext{
		OrgID:     1,
		PluginID:  PluginID,
		Namespace: "default",
		User:      &backend.User{Login: "viewer", Name: "Viewer", Role: "Viewer"},
		DataSourceInstanceSettings: &backend.DataSourceInstanceSettings{
			ID:                      1,
			UID:                     s.UID,
			Type:                    PluginID,
			Name:                    s.Name,
			JSONData:                s.JSONData,
			DecryptedSecureJSONData: s.Secrets,
			Updated:                 s.Updated,
		},
		GrafanaConfig: backend.NewGrafanaCfg(s.Config),
	}
}

// provisioningFile is a file of Grafana's provisioning/datasources folder, as far as this plugin needs it.
type provisioningFile struct {
	APIVersion  int `yaml:"apiVersion"`
	Datasources []struct {
		Name           string            `yaml:"name"`
		Type           string            `yaml:"type"`
		UID            string            `yaml:"uid"`
		Access         string            `yaml:"access"`
		OrgID          int64             `yaml:"orgId"`
		IsDefault      bool              `yaml:"isDefault"`
		Editable       bool              `yaml:"editable"`
		Version        int               `yaml:"version"`
		JSONData       map[string]any    `yaml:"jsonData"`
		SecureJSONData map[string]string `yaml:"secureJsonData"`
	} `yaml:"datasources"`
}

// Provisioned reads a provisioning file the way Grafana does: `$NAME` and `${NAME}` in values stand for environment
// variables, `$$` for a dollar. lookup answers a variable. Keys that Grafana does not know are an error.
func Provisioned(path string, lookup func(name string) string) ([]*Source, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var file provisioningFile
	decoder := yaml.NewDecoder(strings.NewReader(string(text)))
	decoder.KnownFields(true)
	if err := decoder.Decode(&file); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if file.APIVersion != 1 {
		return nil, fmt.Errorf("%s: apiVersion must be 1", path)
	}
	var sources []*Source
	for _, entry := range file.Datasources {
		if entry.Type != PluginID {
			return nil, fmt.Errorf("%s: data source %q is of type %q, not %s", path, entry.Name, entry.Type, PluginID)
		}
		if entry.UID == "" {
			return nil, fmt.Errorf("%s: data source %q has no uid", path, entry.Name)
		}
		secrets := map[string]string{}
		for key, value := range entry.SecureJSONData {
			secrets[key] = expand(value, lookup)
		}
		sources = append(sources, &Source{
			UID:      entry.UID,
			Name:     expand(entry.Name, lookup),
			JSONData: encode(expandAll(entry.JSONData, lookup)),
			Secrets:  secrets,
			Updated:  saved(),
		})
	}
	return sources, nil
}

func expandAll(value any, lookup func(string) string) any {
	switch value := value.(type) {
	case string:
		return expand(value, lookup)
	case map[string]any:
		expanded := make(map[string]any, len(value))
		for key, inner := range value {
			expanded[key] = expandAll(inner, lookup)
		}
		return expanded
	case []any:
		expanded := make([]any, len(value))
		for i, inner := range value {
			expanded[i] = expandAll(inner, lookup)
		}
		return expanded
	default:
		return value
	}
}

func expand(text string, lookup func(string) string) string {
	parts := strings.Split(text, "$$")
	for i, part := range parts {
		parts[i] = os.Expand(part, lookup)
	}
	return strings.Join(parts, "$")
}
