package host_test

import (
	"cmp"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// example is an SQL example of a guide, as docs/*.md marks it: a comment that says how to run it, then the statement.
type example struct {
	page, name, route, from, to, sql string
}

var marked = regexp.MustCompile("(?s)<!-- example: ([^;]+); route: (\\w+); from: ([^;]+); to: (.+?) -->\n```sql\n(.*?)```")

// examples are those of all guides.
func examples(t *testing.T) []example {
	t.Helper()
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	var all []example
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		found := marked.FindAllStringSubmatch(string(text), -1)
		if blocks := strings.Count(string(text), "```sql\n"); blocks != len(found) {
			t.Errorf("%s has %d blocks of SQL, of which %d say how to run them", page, blocks, len(found))
		}
		for _, match := range found {
			all = append(all, example{filepath.Base(page), match[1], match[2], match[3], match[4], match[5]})
		}
	}
	return all
}

// The guides' SQL runs as it stands, on the command line, over a month of history.
func TestEveryExampleOfTheGuidesRuns(t *testing.T) {
	world := seamWorld(t)
	all := examples(t)
	if len(all) < 8 {
		t.Fatalf("the guides have %d examples", len(all))
	}
	across := 0
	for _, one := range all {
		t.Run(one.name, func(t *testing.T) {
			arguments := []string{"--config", provisioning, "--from", one.from, "--to", one.to}
			if one.route != "auto" {
				arguments = append(arguments, "--leg", one.route)
			}
			rows, about := commandLine(t, world.URL, append([]string{"query", "--format", "json"}, append(arguments, one.sql)...)...)
			var shown []map[string]any
			if err := json.Unmarshal([]byte(rows), &shown); err != nil || len(shown) == 0 {
				t.Errorf("%s: %d rows, %v\n%s", one.page, len(shown), err, about)
			}
			for column := range shown[0] {
				if strings.HasPrefix(column, "_col") {
					t.Errorf("column %s of %s has no name", column, one.page)
				}
			}
			explained, _ := commandLine(t, world.URL, append([]string{"explain"}, append(arguments, one.sql)...)...)
			if strings.Contains(explained, "-- historical (Athena") && strings.Contains(explained, "-- realtime (Timestream") {
				across++
			}
			if strings.Contains(explained, "kind: opaque") || !strings.Contains(explained, "kind: ") {
				t.Errorf("%s is explained as:\n%s", one.page, explained)
			}
		})
	}
	if across < len(all)/2 {
		t.Errorf("only %d of %d examples reach over the boundary", across, len(all))
	}
}

// commandLine runs the plugin's binary as a person would, against a sandbox: what it prints, and what it says about it.
func commandLine(t *testing.T, sandbox string, arguments ...string) (printed, about string) {
	t.Helper()
	run := exec.CommandContext(within(t, time.Minute), pluginBinary, arguments...)
	run.Env = append(os.Environ(), "SWITCHBOARD_SANDBOX="+sandbox)
	var output, said strings.Builder
	run.Stdout, run.Stderr = &output, &said
	if err := run.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(arguments, " "), err, cmp.Or(said.String(), output.String()))
	}
	return output.String(), said.String()
}
