package build

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
)

// manifest is plugin.json, as much of it as is checked.
type manifest struct {
	ID         string
	Type       string
	Name       string
	Backend    bool
	Executable string
	Info       struct {
		Description string
		Author      struct{ Name string }
		Keywords    []string
		Logos       struct{ Small, Large string }
		Links       []struct{ Name, URL string }
		Screenshots []struct{ Name, Path string }
		Version     string
		Updated     string
	}
	Includes     []struct{ Type, Name, Path string }
	Dependencies struct{ GrafanaDependency string }
}

// The keys of Grafana's schema of plugin.json. Its validator refuses others.
var manifestKeys = map[string][]string{
	"": {
		"$schema", "alerting", "annotations", "autoEnabled", "backend", "buildMode", "builtIn", "category", "dependencies",
		"enterpriseFeatures", "executable", "extensions", "hideFromList", "iam", "id", "includes", "info", "languages", "logs",
		"metrics", "multiValueFilterOperators", "name", "pascalName", "preload", "queryOptions", "roles", "routes",
		"skipDataQuery", "state", "streaming", "suggestions", "tracing", "type",
	},
	"info":         {"author", "build", "description", "keywords", "links", "logos", "screenshots", "updated", "version"},
	"dependencies": {"extensions", "grafanaDependency", "grafanaVersion", "plugins"},
	"queryOptions": {"cacheTimeout", "maxDataPoints", "minInterval"},
}

var requiredKeys = map[string][]string{
	"":             {"type", "name", "id", "info", "dependencies"},
	"info":         {"logos", "version", "updated", "keywords", "description", "author"},
	"dependencies": {"grafanaDependency"},
}

var (
	idPattern      = regexp.MustCompile(`^[0-9a-z]+-[0-9a-z]+-datasource$`)
	versionPattern = regexp.MustCompile(`^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$`)
	rangePattern   = regexp.MustCompile(`^([<>]=?|=|\^|~)?\d+(\.(\d+|x|\*)){0,2}(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$`)
)

// checkManifest checks plugin.json and the files that it names, and answers it.
func checkManifest(files contents, wanted Wanted, found *faults) manifest {
	var told manifest
	const name = "plugin.json"
	text := files[name].data
	if len(text) == 0 {
		found.add(name, "it is missing: build the browser half, which puts it into dist/")
		return told
	}
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(text, &keys); err != nil {
		found.add(name, "it is not an object of JSON (%v): mend it", err)
		return told
	}
	checkKeys(keys, found)
	if err := json.Unmarshal(text, &told); err != nil {
		found.add(name, "it is not as Grafana's schema has it (%v): mend it", err)
		return told
	}
	if bytes.Contains(text, []byte("%VERSION%")) || bytes.Contains(text, []byte("%TODAY%")) {
		found.add(name, "a placeholder is not filled: build the browser half, which fills it")
	}
	checkIdentity(told, wanted, found)
	checkInformation(told, files, found)
	checkIncludes(told, files, found)
	return told
}

func checkKeys(root map[string]json.RawMessage, found *faults) {
	for _, section := range slices.Sorted(maps.Keys(manifestKeys)) {
		keys := root
		if section != "" {
			if root[section] == nil {
				continue
			}
			keys = nil
			if err := json.Unmarshal(root[section], &keys); err != nil {
				found.add("plugin.json", "`%s` is not an object: mend it", section)
				continue
			}
		}
		within := strings.TrimPrefix(section+".", ".")
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			if !slices.Contains(manifestKeys[section], key) {
				found.add("plugin.json", "Grafana knows no `%s%s`: take it out or spell it as the schema does", within, key)
			}
		}
		for _, key := range requiredKeys[section] {
			if value, ok := keys[key]; !ok || slices.Contains([]string{`""`, "null", "[]", "{}"}, string(value)) {
				found.add("plugin.json", "`%s%s` is missing or empty: fill it in", within, key)
			}
		}
	}
}

func checkIdentity(told manifest, wanted Wanted, found *faults) {
	const name = "plugin.json"
	if told.ID != pluginID {
		found.add(name, "the id is %q and the root folder %q: make them the same", told.ID, pluginID)
	}
	if !idPattern.MatchString(told.ID) {
		found.add(name, "the id %q is not organisation-name-datasource: three parts of lower case letters and digits", told.ID)
	}
	if told.Type != "datasource" {
		found.add(name, "the type is %q: make it datasource, as the id says", told.Type)
	}
	if !told.Backend || told.Executable == "" {
		found.add(name, "it declares no backend: set `backend` to true and `executable` to %q", executable)
	}
	if !versionPattern.MatchString(told.Info.Version) {
		found.add(name, "`info.version` is %q, which is no semantic version: use MAJOR.MINOR.PATCH", told.Info.Version)
	}
	if told.Info.Version != wanted.Version {
		found.add(name, "`info.version` is %q, that of Cargo.toml and frontend/package.json %q: build the browser half anew", told.Info.Version, wanted.Version)
	}
	if _, err := time.Parse(time.DateOnly, told.Info.Updated); err != nil {
		found.add(name, "`info.updated` is %q: write a date as YYYY-MM-DD", told.Info.Updated)
	}
	if dependency := told.Dependencies.GrafanaDependency; !isRange(dependency) {
		found.add(name, "`dependencies.grafanaDependency` is %q, which is no range of versions: write one such as >=11.6.0-0", dependency)
	}
}

// isRange says whether the text is a range of versions as npm writes them: comparators, joined by blanks and ||.
func isRange(text string) bool {
	for _, alternative := range strings.Split(text, "||") {
		comparators := strings.Fields(alternative)
		if len(comparators) == 0 || !all(comparators, rangePattern.MatchString) {
			return false
		}
	}
	return true
}

func all(texts []string, holds func(string) bool) bool {
	return !slices.ContainsFunc(texts, func(text string) bool { return !holds(text) })
}

func checkInformation(told manifest, files contents, found *faults) {
	const name = "plugin.json"
	if told.Info.Author.Name == "" {
		found.add(name, "`info.author.name` is missing: say who made the plugin")
	}
	for _, logo := range []string{told.Info.Logos.Small, told.Info.Logos.Large} {
		checkImage(name, "logo", logo, files, found)
	}
	for _, screenshot := range told.Info.Screenshots {
		if screenshot.Name == "" {
			found.add(name, "the screenshot %q has no name: say what it shows", screenshot.Path)
		}
		checkImage(name, "screenshot", screenshot.Path, files, found)
	}
	for _, link := range told.Info.Links {
		address, err := url.Parse(link.URL)
		if err != nil || address.Scheme != "https" || address.Host == "" || link.Name == "" {
			found.add(name, "the link %q to %q needs a name and an https address", link.Name, link.URL)
		}
	}
}

// checkIncludes checks the dashboards on the data source's Dashboards tab.
func checkIncludes(told manifest, files contents, found *faults) {
	uids, titles := map[string]string{}, map[string]string{}
	for _, include := range told.Includes {
		if include.Type != "dashboard" || include.Name == "" {
			found.add("plugin.json", "the include %q needs the type dashboard and a name", include.Path)
		}
		if !files.has(include.Path) || path.Clean(include.Path) != include.Path {
			found.add("plugin.json", "it includes %q, which is not in the package: put the file into dist/ or take the include out", include.Path)
			continue
		}
		var dashboard struct{ UID, Title string }
		if err := json.Unmarshal(files[include.Path].data, &dashboard); err != nil {
			found.add(include.Path, "it is not a dashboard of JSON (%v): export it anew", err)
			continue
		}
		checkUnique(include.Path, "uid", dashboard.UID, uids, found)
		checkUnique(include.Path, "title", dashboard.Title, titles, found)
	}
}

func checkUnique(file, what, value string, seen map[string]string, found *faults) {
	if other := seen[value]; value == "" || other != "" {
		problem := "it is empty"
		if other != "" {
			problem = fmt.Sprintf("%s has it, too", other)
		}
		found.add(file, "the %s is %q, and %s: give every dashboard its own", what, value, problem)
		return
	}
	seen[value] = file
}
