package host_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A threshold's lowest colour would paint a cell without a value: red for a queue that nobody called.
func TestColouredCellsWithoutAValueHaveNoColour(t *testing.T) {
	files, err := filepath.Glob("../../provisioning/dashboards/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	coloured := 0
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var dashboard struct {
			Panels []struct {
				Title, Type string
				FieldConfig struct {
					Overrides []struct {
						Matcher    struct{ ID, Options string }
						Properties []struct {
							ID    string
							Value json.RawMessage
						}
					}
				}
			}
		}
		if err := json.Unmarshal(content, &dashboard); err != nil {
			t.Fatal(file, err)
		}
		for _, panel := range dashboard.Panels {
			for _, override := range panel.FieldConfig.Overrides {
				properties := map[string]string{}
				for _, property := range override.Properties {
					properties[property.ID] = string(property.Value)
				}
				if panel.Type != "table" || override.Matcher.ID != "byName" || !strings.Contains(properties["custom.cellOptions"], "color-background") {
					continue
				}
				coloured++
				if mappings := properties["mappings"]; !strings.Contains(mappings, `"null+nan"`) || !strings.Contains(mappings, `"transparent"`) {
					t.Errorf("%s, %s: %s is coloured without a value", filepath.Base(file), panel.Title, override.Matcher.Options)
				}
			}
		}
	}
	if coloured == 0 {
		t.Error("no coloured cells were found")
	}
}
