package build

import (
	"bytes"
	"debug/elf"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"io/fs"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
)

// machines are what an ELF file for a platform says of itself.
var machines = map[string]elf.Machine{"linux_amd64": elf.EM_X86_64, "linux_arm64": elf.EM_AARCH64}

// checkExecutables checks the backend's binaries: there for every platform, executable, for that machine, and static.
func checkExecutables(files contents, told manifest, wanted Wanted, found *faults) {
	prefix := told.Executable + "_"
	if told.Executable == "" {
		prefix = executable + "_"
	}
	for _, platform := range wanted.Platforms {
		if !files.has(prefix + platform) {
			found.add(prefix+platform, "there is no binary for %s: build it into dist/ under this name", platform)
		}
	}
	if len(wanted.Platforms) == 0 {
		found.add(prefix+"<os>_<arch>", "no platform is wanted of the package: build the backend for one at least")
	}
	for _, name := range files.names() {
		file := files[name]
		platform, isBinary := strings.CutPrefix(name, prefix)
		if !isBinary {
			if bytes.HasPrefix(file.data, []byte(elf.ELFMAG)) {
				found.add(name, "it is a binary that plugin.json does not name: name it %s<os>_<arch> or delete it from dist/", prefix)
			}
			continue
		}
		if mode := file.mode.Perm(); mode != fs.FileMode(0o755) {
			found.add(name, "its mode is %04o and Grafana could not start it: chmod 755 it before zipping", mode)
		}
		machine, known := machines[platform]
		if !known {
			found.add(name, "%q is no platform that is built for: use linux_amd64 or linux_arm64", platform)
			continue
		}
		checkBinary(name, file.data, machine, wanted.AllowDynamic, found)
	}
}

func checkBinary(name string, data []byte, machine elf.Machine, allowDynamic bool, found *faults) {
	file, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		found.add(name, "it is not an ELF binary (%v): build it anew", err)
		return
	}
	if file.Machine != machine {
		found.add(name, "it is for %v and not %v: put the binary under the name of its own platform", file.Machine, machine)
	}
	if why := dynamic(file); why != "" && !allowDynamic {
		found.add(name, "it is not static: %s; build it with target-feature=+crt-static, as `go tool mage package` does", why)
	}
}

// checkFrontend checks that the browser's half is there, with source maps that tell nothing of the machine it was built on.
func checkFrontend(files contents, found *faults) {
	for _, name := range []string{"module.js", "module.js.map"} {
		if !files.has(name) {
			found.add(name, "it is missing or empty: build the browser half by `go tool mage frontend`")
		}
	}
	address := regexp.MustCompile(`//# sourceMappingURL=(\S+)`)
	for _, name := range files.names() {
		switch path.Ext(name) {
		case ".js":
			for _, match := range address.FindAllSubmatch(files[name].data, -1) {
				target, _, _ := strings.Cut(string(match[1]), "?")
				if target != path.Base(target) || !files.has(path.Join(path.Dir(name), target)) {
					found.add(name, "its source map %q is not beside it in the package: build for production", target)
				}
			}
		case ".map":
			checkSourceMap(name, files[name].data, found)
		}
	}
}

func checkSourceMap(name string, data []byte, found *faults) {
	var told struct{ Sources []string }
	if err := json.Unmarshal(data, &told); err != nil {
		found.add(name, "it is no source map (%v): build the browser half anew", err)
		return
	}
	for _, source := range told.Sources {
		// Sources are named webpack://<id>/<path from frontend/src>: two folders up is the project's root.
		inside, named := strings.CutPrefix(source, "webpack://"+pluginID+"/")
		if !named || path.IsAbs(inside) || strings.HasPrefix(path.Clean("frontend/src/"+inside), "..") {
			found.add(name, "its source %q lies outside the project: build from a clean clone", source)
			return
		}
	}
}

var markdownLink = regexp.MustCompile(`\]\(([^)\s]+)\)`)

// checkDocuments checks the texts that a package must have, and that what they point at is there.
func checkDocuments(files contents, found *faults) {
	for _, name := range []string{"README.md", "CHANGELOG.md", "LICENSE"} {
		if !files.has(name) {
			found.add(name, "it is missing or empty: put it into dist/")
		}
	}
	if files.has("LICENSE") && !bytes.Contains(files["LICENSE"].data, []byte("Apache License")) {
		found.add("LICENSE", "it is not the Apache License that frontend/package.json names: make them agree")
	}
	for _, name := range files.names() {
		if path.Ext(name) == ".svg" {
			checkVector(name, files[name].data, found)
		}
		if path.Ext(name) != ".md" {
			continue
		}
		for _, match := range markdownLink.FindAllSubmatch(files[name].data, -1) {
			target, err := url.Parse(string(match[1]))
			if err != nil || target.Scheme == "http" {
				found.add(name, "the link %q is not safe: use an https address", match[1])
				continue
			}
			if target.Scheme == "" && target.Path != "" && !files.leadsTo(path.Join(path.Dir(name), target.Path)) {
				found.add(name, "it links to %q, which is not in the package: mend the link or put the file into dist/", target.Path)
			}
		}
	}
}

// leadsTo says whether the path is a file or a folder of the package.
func (c contents) leadsTo(target string) bool {
	return c.has(target) || slices.ContainsFunc(c.names(), func(name string) bool { return strings.HasPrefix(name, target+"/") })
}

// checkImage checks an image that plugin.json names.
func checkImage(owner, what, name string, files contents, found *faults) {
	file := files[name]
	switch {
	case len(file.data) == 0 || path.Clean(name) != name:
		found.add(owner, "the %s %q is not in the package: put it into dist/ or name another", what, name)
	case path.Ext(name) == ".svg": // Looked into with all others.
	case path.Ext(name) == ".png" && bytes.HasPrefix(file.data, []byte("\x89PNG\r\n\x1a\n")):
	default:
		found.add(name, "the %s is neither SVG nor PNG: save it as one of these", what)
	}
}

// checkVector refuses an SVG that could do more than be looked at.
func checkVector(name string, data []byte, found *faults) {
	decoder, root := xml.NewDecoder(bytes.NewReader(data)), true
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) && !root {
			return
		}
		if err != nil {
			found.add(name, "it is not an SVG (%v): save it anew", err)
			return
		}
		element, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if root && element.Name.Local != "svg" {
			found.add(name, "it is a %q and not an SVG: save it anew", element.Name.Local)
			return
		}
		root = false
		if slices.Contains([]string{"script", "foreignObject", "iframe", "embed", "object"}, element.Name.Local) {
			found.add(name, "it holds a <%s>, which Grafana's validator refuses: take it out", element.Name.Local)
		}
		for _, attribute := range element.Attr {
			refers := attribute.Name.Local == "href" && !strings.HasPrefix(attribute.Value, "#")
			if refers || strings.HasPrefix(strings.ToLower(attribute.Name.Local), "on") {
				found.add(name, "it has the attribute %s=%q, which could run or load something: take it out", attribute.Name.Local, attribute.Value)
			}
		}
	}
}
