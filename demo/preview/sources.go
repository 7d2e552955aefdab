package preview

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"switchboard/tests/host/grafana"
)

// entry is a data source and what Grafana would say of it to a browser: secrets by their names alone.
type entry struct {
	source *grafana.Source
	// readOnly is set for what a file provisioned.
	readOnly bool
	version  int
}

// described is a data source as Grafana's HTTP API describes it.
type described struct {
	ID               int             `json:"id"`
	UID              string          `json:"uid"`
	Name             string          `json:"name"`
	Type             string          `json:"type"`
	Access           string          `json:"access"`
	ReadOnly         bool            `json:"readOnly"`
	Version          int             `json:"version"`
	JSONData         json.RawMessage `json:"jsonData"`
	SecureJSONFields map[string]bool `json:"secureJsonFields"`
}

// change is what the settings page saves. A secret that is left out stays; an empty one is taken away.
type change struct {
	Name           string            `json:"name"`
	JSONData       json.RawMessage   `json:"jsonData"`
	SecureJSONData map[string]string `json:"secureJsonData"`
	// SecureJSONFields, where given, says which secrets are kept.
	SecureJSONFields map[string]bool `json:"secureJsonFields"`
}

// sources are the data sources of this preview: those that were provisioned, and those that its settings page adds. They
// live as long as the process.
type sources struct {
	mutex   sync.Mutex
	entries []*entry
}

func newSources(provisioned []*grafana.Source) *sources {
	var all sources
	for _, source := range provisioned {
		all.entries = append(all.entries, &entry{source: source, readOnly: true, version: 1})
	}
	return &all
}

func (s *sources) list() []described {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	all := make([]described, len(s.entries))
	for i, one := range s.entries {
		all[i] = one.describe(i + 1)
	}
	return all
}

// find answers the data source by its uid.
func (s *sources) find(uid string) (*grafana.Source, bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if i := s.index(uid); i >= 0 {
		return s.entries[i].source, true
	}
	return nil, false
}

// add makes a data source without settings.
func (s *sources) add() described {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	number := len(s.entries) + 1
	s.entries = append(s.entries, &entry{version: 1, source: &grafana.Source{
		UID:      fmt.Sprintf("added-%d", number),
		Name:     fmt.Sprintf("Switchboard %d", number),
		JSONData: json.RawMessage("{}"),
		Secrets:  map[string]string{},
		Updated:  time.Now(),
	}})
	return s.entries[number-1].describe(number)
}

// save puts new settings in, as Grafana does: a copy, so that a query under way keeps those it began with.
func (s *sources) save(uid string, change change) (described, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	i := s.index(uid)
	if i < 0 {
		return described{}, fmt.Errorf("there is no data source %s", uid)
	}
	one := s.entries[i]
	if one.readOnly {
		return described{}, fmt.Errorf("%s is provisioned from a file: change that", one.source.Name)
	}
	settings := map[string]any{}
	if err := json.Unmarshal(change.JSONData, &settings); err != nil {
		return described{}, fmt.Errorf("jsonData must be an object: %w", err)
	}
	source := one.source.With(func(current map[string]any) {
		clear(current)
		maps.Copy(current, settings)
	})
	if name := strings.TrimSpace(change.Name); name != "" {
		source.Name = name
	}
	if change.SecureJSONFields != nil {
		maps.DeleteFunc(source.Secrets, func(key, _ string) bool { return !change.SecureJSONFields[key] })
	}
	for key, value := range change.SecureJSONData {
		if value == "" {
			delete(source.Secrets, key)
		} else {
			source.Secrets[key] = value
		}
	}
	one.source = source
	one.version++
	return one.describe(i + 1), nil
}

func (s *sources) index(uid string) int {
	return slices.IndexFunc(s.entries, func(one *entry) bool { return one.source.UID == uid })
}

func (e *entry) describe(id int) described {
	fields := map[string]bool{}
	for key := range e.source.Secrets {
		fields[key] = true
	}
	return described{
		ID: id, UID: e.source.UID, Name: e.source.Name, Type: grafana.PluginID, Access: "proxy", ReadOnly: e.readOnly,
		Version: e.version, JSONData: e.source.JSONData, SecureJSONFields: fields,
	}
}
