package host_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"switchboard/tests/host/grafana"
)

// What the guides say beside their SQL: the macros and the policies.

func page(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// section is what stands below a heading of a page, up to the next one.
func section(t *testing.T, text, heading string) string {
	t.Helper()
	_, rest, found := strings.Cut(text, "\n## "+heading+"\n")
	if !found {
		t.Fatalf("there is no heading %q", heading)
	}
	below, _, _ := strings.Cut(rest, "\n## ")
	return below
}

// coded are the cells of the table rows that begin with a macro, without the back quotes around code; cells of plain words are
// empty.
func coded(text string) (rows [][]string) {
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "| `$__") {
			continue
		}
		var cells []string
		for cell := range strings.SplitSeq(strings.Trim(strings.TrimSpace(line), "|"), " | ") {
			cell = strings.TrimSpace(cell)
			code, isCode := strings.CutPrefix(cell, "`")
			if !isCode {
				code = ""
			}
			cells = append(cells, strings.TrimSuffix(code, "`"))
		}
		rows = append(rows, cells)
	}
	return rows
}

// The macros' page lists what the plugin has, no more and no less.
func TestTheGuideOfMacrosIsComplete(t *testing.T) {
	plugin, source := start(t), sourceOf(t, sharedWorld(t))
	status, body, err := plugin.Resource(within(t, time.Minute), source, "macros")
	if err != nil || status != http.StatusOK {
		t.Fatalf("%d %s, %v", status, body, err)
	}
	var catalogue []struct {
		Signature string
		Portable  bool
		Legs      []string
	}
	if err := json.Unmarshal(body, &catalogue); err != nil || len(catalogue) < 20 {
		t.Fatalf("%d macros, %v", len(catalogue), err)
	}
	has := map[string][]string{}
	for _, macro := range catalogue {
		heading := "Portable"
		if !macro.Portable {
			heading = map[string]string{"realtime": "Timestream", "historical": "Athena"}[macro.Legs[0]]
		}
		has[heading] = append(has[heading], macro.Signature)
	}
	for heading, signatures := range has {
		var listed []string
		for _, row := range coded(section(t, page(t, "macros.md"), heading)) {
			listed = append(listed, row[0])
		}
		slices.Sort(listed)
		slices.Sort(signatures)
		if !slices.Equal(listed, signatures) {
			t.Errorf("%s: the page lists\n%v\nand the plugin has\n%v", heading, listed, signatures)
		}
	}
}

// What the page says that an example becomes is what it becomes.
func TestTheGuideOfMacrosShowsWhatTheyBecome(t *testing.T) {
	plugin, source := start(t), sourceOf(t, sharedWorld(t))
	from := time.Date(2026, time.June, 1, 9, 0, 0, 0, time.UTC)
	becomes := func(route, statement string) string {
		posted, err := json.Marshal(map[string]any{
			"query":      map[string]any{"route": route, "sql": statement, "table": "contact_events", "measure": "event", "column": "started"},
			"range":      map[string]int64{"from": from.UnixMilli(), "to": from.Add(3 * time.Hour).UnixMilli()},
			"intervalMs": 10_000,
		})
		if err != nil {
			t.Fatal(err)
		}
		status, body, err := plugin.PostResource(within(t, time.Minute), source, "explain", posted)
		var explained struct{ Slices []struct{ SQL string } }
		if err != nil || status != http.StatusOK || json.Unmarshal(body, &explained) != nil || len(explained.Slices) != 1 {
			t.Fatalf("%s: %d %s, %v", statement, status, body, err)
		}
		sql, _, _ := strings.Cut(strings.TrimPrefix(explained.Slices[0].SQL, "SELECT "), " AS value")
		return sql
	}
	checked := 0
	check := func(route, example, from, shown string) {
		if shown == "" {
			return
		}
		checked++
		if found := becomes(route, "SELECT "+example+" AS value"+from); found != shown {
			t.Errorf("%s becomes\n%s\non the %s leg; the page says\n%s", example, found, route, shown)
		}
	}
	text := page(t, "macros.md")
	for _, row := range coded(section(t, text, "Portable")) {
		check("realtime", row[1], " FROM $__dataset(contact_events)", row[2])
		check("historical", row[1], " FROM $__dataset(contact_events)", row[3])
	}
	for heading, route := range map[string]string{"Timestream": "realtime", "Athena": "historical"} {
		for _, row := range coded(section(t, text, heading)) {
			check(route, row[1], "", row[2])
		}
	}
	if checked < 50 {
		t.Errorf("only %d expansions are shown", checked)
	}
}

type policy struct {
	Version   string
	Statement []struct {
		Sid       string
		Effect    string
		Action    any
		Resource  any
		Principal any
		Condition map[string]map[string]string
	}
}

func (p policy) actions() map[string]bool {
	found := map[string]bool{}
	for _, statement := range p.Statement {
		for _, action := range oneOrMany(statement.Action) {
			found[action] = true
		}
	}
	return found
}

// oneOrMany are one text or a list of them.
func oneOrMany(value any) (found []string) {
	switch value := value.(type) {
	case string:
		return []string{value}
	case []any:
		for _, one := range value {
			found = append(found, fmt.Sprint(one))
		}
	}
	return found
}

var policyBlock = regexp.MustCompile("(?s)<!-- policy: ([\\w-]+) -->\n```json\n(.*?)```")

// policies are those of the guide, each read without a key that IAM does not know.
func policies(t *testing.T) map[string]policy {
	t.Helper()
	text, found := page(t, "iam.md"), map[string]policy{}
	for _, block := range policyBlock.FindAllStringSubmatch(text, -1) {
		decoder := json.NewDecoder(strings.NewReader(block[2]))
		decoder.DisallowUnknownFields()
		var read policy
		if err := decoder.Decode(&read); err != nil {
			t.Fatalf("policy %s: %v", block[1], err)
		}
		found[block[1]] = read
	}
	if blocks := strings.Count(text, "```json"); blocks != len(found) || found["host"].Statement == nil || found["trust"].Statement == nil {
		t.Fatalf("%d blocks of JSON are %d policies", blocks, len(found))
	}
	return found
}

func TestThePoliciesAreWellFormed(t *testing.T) {
	arn := regexp.MustCompile(`^(\*|arn:aws:(timestream:eu-west-1|athena:eu-west-2|glue:eu-west-2|kms:eu-west-2|s3:|iam:):(111122223333)?:[\w/*.:-]+)$`)
	for name, policy := range policies(t) {
		if policy.Version != "2012-10-17" {
			t.Errorf("%s is of version %q", name, policy.Version)
		}
		sids := map[string]bool{}
		for _, statement := range policy.Statement {
			if statement.Effect != "Allow" || len(oneOrMany(statement.Action)) == 0 {
				t.Errorf("%s: statement %s allows nothing", name, statement.Sid)
			}
			for _, action := range oneOrMany(statement.Action) {
				if strings.Contains(action, "*") {
					t.Errorf("%s: %s is more than is needed", name, action)
				}
			}
			if (statement.Principal != nil) == (statement.Resource != nil) {
				t.Errorf("%s: statement %s names a principal and a resource, or neither", name, statement.Sid)
			}
			for _, resource := range oneOrMany(statement.Resource) {
				if !arn.MatchString(resource) {
					t.Errorf("%s: statement %s has the resource %s", name, statement.Sid, resource)
				}
			}
			if name == "host" && (sids[statement.Sid] || !regexp.MustCompile(`^(Realtime|Historical)[A-Z]`).MatchString(statement.Sid)) {
				t.Errorf("statement %q does not say whose it is", statement.Sid)
			}
			sids[statement.Sid] = true
		}
	}
}

var tableOfActions = regexp.MustCompile("(?m)^\\| (`.*:`.*?) \\| ")

// The README's table and the policy allow the same.
func TestThePolicyAllowsWhatTheReadmeLists(t *testing.T) {
	listed := map[string]bool{}
	_, table, _ := strings.Cut(readme(t), "\n## What the role must be allowed\n")
	table, _, _ = strings.Cut(table, "\n## ")
	for _, row := range tableOfActions.FindAllStringSubmatch(table, -1) {
		service, names, _ := strings.Cut(row[1], ":`")
		for _, name := range regexp.MustCompile(`[A-Z]\w+(\(s\))?`).FindAllString(names, -1) {
			plain, both := strings.CutSuffix(name, "(s)")
			listed[strings.Trim(service, "`")+":"+plain] = true
			if both {
				listed[strings.Trim(service, "`")+":"+plain+"s"] = true
			}
		}
	}
	allowed := policies(t)["host"].actions()
	if len(listed) < 30 || !maps.Equal(listed, allowed) {
		t.Errorf("the README lists\n%v\nthe policy allows\n%v", slices.Sorted(maps.Keys(listed)), slices.Sorted(maps.Keys(allowed)))
	}
}

// Whatever the plugin asks of AWS, the policy allows.
func TestThePolicyAllowsWhatThePluginCalls(t *testing.T) {
	plugin, world := start(t), ownWorld(t)
	source := sourceOf(t, world).With(func(settings map[string]any) {
		settings["assumeRoleArn"] = "arn:aws:iam::111122223333:role/switchboard"
	})
	if health, err := plugin.Health(within(t, time.Minute), source); err != nil {
		t.Fatal(err, health)
	}
	for _, target := range []string{
		"realtime/databases", "realtime/tables?database=connect", "realtime/columns?table=contact_events",
		"realtime/measures?table=contact_events", "historical/catalogs", "historical/databases", "historical/tables",
		"historical/columns?table=contact_records", "historical/workgroups", "tag-values?key=queue",
	} {
		if status, body, err := plugin.Resource(within(t, time.Minute), source, target); err != nil || status != http.StatusOK {
			t.Errorf("%s: %d %s, %v", target, status, body, err)
		}
	}
	now := time.Now()
	answers, err := plugin.Query(within(t, time.Minute), source, grafana.Query{
		JSON: panel{RefID: "A", Route: "auto", Format: "table", SQL: "SELECT count(*) AS contacts FROM $__dataset(contacts)"},
		From: now.Add(-23 * time.Hour), To: now,
	})
	if err != nil || answers["A"].Error != nil {
		t.Fatal(err, answers["A"].Error)
	}
	calls, err := world.Calls(within(t, time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	all := policies(t)
	host, assume := all["host"].actions(), all["assume"].actions()
	seen := map[string]bool{}
	for _, call := range calls {
		action := call.Service + ":" + call.Operation
		if action == "timestream:Query" {
			action = "timestream:Select"
		}
		seen[action] = true
		if !host[action] && !assume[action] {
			t.Errorf("%s in %s is called and not allowed", action, call.Region)
		}
	}
	if len(seen) < 10 || !seen["sts:AssumeRole"] {
		t.Errorf("the plugin called only %v", slices.Sorted(maps.Keys(seen)))
	}
}
