package host_test

import (
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

// Links between pages, and to files of the repository, lead somewhere.
func TestTheGuidesLinksLeadSomewhere(t *testing.T) {
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range append(pages, "../../README.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range link.FindAllStringSubmatch(string(text), -1) {
			target, err := url.Parse(found[1])
			if err != nil || target.Scheme != "" {
				continue
			}
			path := page
			if target.Path != "" {
				path = filepath.Join(filepath.Dir(page), target.Path)
			}
			pointed, err := os.Stat(path)
			if err != nil {
				t.Errorf("%s points to %s", filepath.Base(page), found[1])
				continue
			}
			if target.Fragment != "" && !pointed.IsDir() && !anchors(t, path)[target.Fragment] {
				t.Errorf("%s points to %s, and there is no such heading", filepath.Base(page), found[1])
			}
		}
	}
}

// anchors are the headings of a page as links name them.
func anchors(t *testing.T, path string) map[string]bool {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		if heading, is := strings.CutPrefix(strings.TrimLeft(line, "#"), " "); is && strings.HasPrefix(line, "#") {
			kept := regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(strings.ToLower(strings.TrimSpace(heading)), "")
			found[strings.ReplaceAll(kept, " ", "-")] = true
		}
	}
	return found
}
