package build

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// The checks of the package that need no network: those of Grafana's public validator that can apply to a backend that is
// not written in Go, and some of this project's own. `go tool mage package` runs them on the zip that it made.

// Wanted is what a package must agree with.
type Wanted struct {
	// Version is the version of Cargo.toml and frontend/package.json.
	Version string
	// Platforms are those that a binary must be there for, such as "linux_amd64".
	Platforms []string
	// AllowDynamic is for development builds, which link the machine's C library.
	AllowDynamic bool
}

// largestPackage is what a package may weigh, in bytes of the zip.
const largestPackage = 100_000_000

// largestContent bounds what is unpacked for checking, so that a zip bomb ends as an error.
const largestContent = 1_000_000_000

// contents are the files of a package by their path below its root folder.
type contents map[string]packaged

type packaged struct {
	mode fs.FileMode
	data []byte
}

// faults collects everything that is wrong, each with the file and what to do.
type faults []error

func (f *faults) add(file, format string, values ...any) {
	*f = append(*f, fmt.Errorf("%s: "+format, append([]any{file}, values...)...))
}

// CheckPackage answers everything that is wrong with the zip, as one error of a line each.
func CheckPackage(archive string, wanted Wanted) error {
	file, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	information, err := file.Stat()
	if err != nil {
		return err
	}
	return checkArchive(filepath.Base(archive), file, information.Size(), wanted)
}

// checkArchive is CheckPackage of a zip that is named so, wherever it is.
func checkArchive(name string, reader io.ReaderAt, size int64, wanted Wanted) error {
	var found faults
	if size >= largestPackage {
		found.add(name, "it has %d bytes, a package must have less than %d: leave out what Grafana does not load", size, largestPackage)
	}
	archive, err := zip.NewReader(reader, size)
	if err != nil {
		found.add(name, "it is not a zip (%v): make it by `go tool mage package`", err)
		return errors.Join(found...)
	}
	files := unpack(archive, &found)
	if want := pluginID + "-" + wanted.Version + ".zip"; name != want {
		found.add(name, "name it %s, by id and version", want)
	}
	manifest := checkManifest(files, wanted, &found)
	checkExecutables(files, manifest, wanted, &found)
	checkFrontend(files, &found)
	checkDocuments(files, &found)
	checkNames(files, &found)
	checkSecrets(files, &found)
	slices.SortStableFunc(found, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(found...)
}

// unpack reads the files of the one root folder. What is no plain file within it is a fault and left out.
func unpack(archive *zip.Reader, found *faults) contents {
	files, left := contents{}, int64(largestContent)
	for _, entry := range archive.File {
		name := entry.Name
		inside, ok := strings.CutPrefix(name, pluginID+"/")
		switch {
		case path.IsAbs(name) || strings.Contains(name, `\`) || slices.Contains(strings.Split(name, "/"), ".."):
			found.add(name, "the path leads out of the package: zip relative paths only")
		case !ok:
			found.add(name, "it is not in the root folder %s/: the zip has that one root folder, named by the plugin's id", pluginID)
		case strings.HasSuffix(name, "/"):
		case !entry.Mode().IsRegular():
			found.add(name, "it is a %v and not a plain file: put the file itself in", entry.Mode().Type())
		default:
			if _, twice := files[inside]; twice {
				found.add(name, "it is in the zip twice: make the zip anew")
			}
			data, err := readEntry(entry, left)
			if err != nil {
				found.add(name, "it cannot be read (%v): make the zip anew", err)
				continue
			}
			left -= int64(len(data))
			files[inside] = packaged{mode: entry.Mode(), data: data}
		}
	}
	return files
}

func readEntry(entry *zip.File, limit int64) ([]byte, error) {
	reader, err := entry.Open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = reader.Close() }()
	data, err := io.ReadAll(io.LimitReader(reader, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("the package unpacks to more than %d bytes", largestContent)
	}
	return data, err
}

// names answers the paths in order, so that faults come in order.
func (c contents) names() []string {
	var names []string
	for name := range c {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (c contents) has(name string) bool {
	file, ok := c[name]
	return ok && len(file.data) > 0
}

// straying are names that come into a package by accident.
var straying = regexp.MustCompile(
	`(^|/)(\.env(\..*)?|\.git|\.DS_Store|\.npmrc|__MACOSX|node_modules|target|standalone\.txt|.*\.(pem|key|pid|log))(/|$)`,
)

func checkNames(files contents, found *faults) {
	for _, name := range files.names() {
		if straying.MatchString(name) {
			found.add(name, "it does not belong into a package: delete it from dist/")
		}
		if path.Base(name) == "plugin.json" && name != "plugin.json" {
			found.add(name, "there is a second manifest, and Grafana would load a second plugin: delete it from dist/")
		}
	}
}

// secrets are what credentials look like. Each begins with a literal, which makes the search of a large binary quick.
var secrets = map[string]*regexp.Regexp{
	"an AWS access key":            regexp.MustCompile(`AKIA[0-9A-Z]{16}`),
	"a temporary AWS access key":   regexp.MustCompile(`ASIA[0-9A-Z]{16}`),
	"a token of Grafana":           regexp.MustCompile(`gl(?:sa|c)_[0-9A-Za-z+/]{32}`),
	"a token of GitHub":            regexp.MustCompile(`gh[pousr]_[0-9A-Za-z]{36}`),
	"a private key":                regexp.MustCompile(`-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s+[0-9A-Za-z+/=]{32}`),
	"a password within an address": regexp.MustCompile(`://[0-9A-Za-z_.-]{1,64}:[0-9A-Za-z_.~%-]{8,64}@[0-9a-z-]{1,63}\.[a-z]`),
}

// documented are keys that open nothing but the sandbox, or nothing at all.
var documented = []string{"AKIASANDBOXEXAMPLE01", "AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE"}

func checkSecrets(files contents, found *faults) {
	for _, name := range files.names() {
		for kind, pattern := range secrets {
			for _, match := range pattern.FindAll(files[name].data, -1) {
				if !slices.Contains(documented, string(match)) {
					shown, _, _ := bytes.Cut(match, []byte("\n"))
					found.add(name, "it holds %s (%.8s...): take it out, and revoke it if it is real", kind, shown)
				}
			}
		}
	}
}
