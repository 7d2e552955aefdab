package build

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"debug/elf"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// pluginID is the id in plugin.json, and the one root folder of the zip.
const pluginID = "switchboard-connect-datasource"

// executable is plugin.json's `executable`; Grafana adds `_linux_amd64`.
const executable = "gpx_switchboard"

// Profile is one of Cargo's, by its name there.
type Profile string

const (
	// Release is what ships.
	Release Profile = "release"
	// Development is the same but for the optimisation, and builds in a third of the time.
	Development Profile = "dev"
)

// folder is where Cargo puts what it builds by the profile.
func (p Profile) folder() string {
	if p == Development {
		return "debug"
	}
	return string(p)
}

// target is a platform that the package has a binary for.
type target struct {
	triple string
	goarch string
	// linker is the C compiler that links for it; empty is the machine's own.
	linker string
}

var targets = []target{
	{triple: "x86_64-unknown-linux-gnu", goarch: "amd64", linker: "x86_64-linux-gnu-gcc"},
	{triple: "aarch64-unknown-linux-gnu", goarch: "arm64", linker: "aarch64-linux-gnu-gcc"},
}

// Package builds both halves of the plugin, the backend statically for every platform that this machine has a toolchain for,
// puts them into dist/ as Grafana expects it, zips it and checks the zip, whose checksum it writes beside it. It answers the
// zip's path: in the root, or below target/ where nobody takes it for what ships.
func Package(ctx context.Context, root string, profile Profile) (string, error) {
	version, err := version(ctx, root)
	if err != nil {
		return "", err
	}
	dist := filepath.Join(root, "dist")
	binaries, err := buildTargets(ctx, profile)
	if err != nil {
		return "", err
	}
	if err := os.RemoveAll(dist); err != nil {
		return "", err
	}
	if err := Frontend(ctx, root); err != nil {
		return "", err
	}
	for name, binary := range binaries {
		if err := copyFile(binary, filepath.Join(dist, name), 0o755); err != nil {
			return "", err
		}
	}
	archive := filepath.Join(root, fmt.Sprintf("%s-%s.zip", pluginID, version))
	if profile != Release {
		archive = filepath.Join(root, "target", "package", filepath.Base(archive))
	}
	if err := zipFolder(dist, pluginID, archive); err != nil {
		return "", err
	}
	wanted := Wanted{Version: version}
	for name := range binaries {
		wanted.Platforms = append(wanted.Platforms, strings.TrimPrefix(name, executable+"_"))
	}
	if err := CheckPackage(archive, wanted); err != nil {
		return "", fmt.Errorf("the package has faults:\n%w", err)
	}
	return archive, writeChecksum(archive)
}

// writeChecksum puts beside the file what `sha256sum --check` reads.
func writeChecksum(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return err
	}
	line := fmt.Sprintf("%x  %s\n", hash.Sum(nil), filepath.Base(path))
	return os.WriteFile(path+".sha256", []byte(line), 0o644)
}

// version is the one version that both halves of the plugin have.
func version(ctx context.Context, root string) (string, error) {
	text, err := Output(ctx, "cargo", "metadata", "--locked", "--no-deps", "--format-version", "1")
	if err != nil {
		return "", err
	}
	var metadata struct {
		Packages []struct{ Name, Version string }
	}
	if err := json.Unmarshal([]byte(text), &metadata); err != nil {
		return "", err
	}
	for _, entry := range metadata.Packages {
		if entry.Name != "switchboard" {
			continue
		}
		frontend, err := frontendVersion(root)
		if err == nil && frontend != entry.Version {
			err = fmt.Errorf("Cargo.toml has version %s, frontend/package.json %s: make them the same", entry.Version, frontend)
		}
		return entry.Version, err
	}
	return "", errors.New("Cargo.toml has no package named switchboard")
}

// buildTargets answers the built binaries by the name that they have in the package.
func buildTargets(ctx context.Context, profile Profile) (map[string]string, error) {
	if runtime.GOOS != "linux" {
		return nil, errors.New("the package holds Linux binaries: run this target on Linux")
	}
	built := map[string]string{}
	for _, target := range targets {
		native := target.goarch == runtime.GOARCH
		if why := target.missing(ctx); why != "" && !native {
			Say("skipped linux/%s: %s", target.goarch, why)
			continue
		}
		environment := []string{
			// A static binary cannot look getrandom(2) up while it runs, and /dev/urandom is not there in an empty root.
			`RUSTFLAGS=-C target-feature=+crt-static --cfg getrandom_backend="linux_getrandom"`,
			"CARGO_TARGET_DIR=target/package",
			// As the profile for release has it.
			"CARGO_PROFILE_DEV_STRIP=symbols",
		}
		if !native {
			variable := strings.ToUpper(strings.ReplaceAll(target.triple, "-", "_"))
			environment = append(environment,
				"CARGO_TARGET_"+variable+"_LINKER="+target.linker,
				"CC_"+strings.ToLower(variable)+"="+target.linker)
		}
		Say("building for linux/%s, statically, by the profile %s (release: about ten minutes on two cores the first time)", target.goarch, profile)
		command := []string{"build", "--locked", "--profile", string(profile), "--bin", executable, "--target", target.triple}
		if err := RunWith(ctx, environment, "cargo", command...); err != nil {
			return nil, err
		}
		binary := filepath.Join("target", "package", target.triple, profile.folder(), executable)
		if err := mustBeStatic(binary); err != nil {
			return nil, err
		}
		built[executable+"_linux_"+target.goarch] = binary
	}
	return built, nil
}

// missing says what this machine lacks to cross-build for the target; empty means nothing.
func (t target) missing(ctx context.Context) string {
	library, err := Output(ctx, "rustc", "--print", "target-libdir", "--target", t.triple)
	if err != nil {
		return err.Error()
	}
	if _, err := os.Stat(library); err != nil {
		return "Rust's standard library for it is not installed (rustup target add " + t.triple + ")"
	}
	if _, err := exec.LookPath(t.linker); err != nil {
		return t.linker + " is not installed (Debian: apt-get install crossbuild-essential-" + t.goarch + ")"
	}
	return ""
}

// mustBeStatic fails when the binary asks for a program interpreter or a shared library: such a binary would not start on
// a Linux with another C library, and Grafana's own image is one.
func mustBeStatic(path string) error {
	file, err := elf.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	if why := dynamic(file); why != "" {
		return fmt.Errorf("%s is not static: %s", path, why)
	}
	information, err := os.Stat(path)
	if err != nil {
		return err
	}
	Say("%s is static, %.1f MB", path, float64(information.Size())/1e6)
	return nil
}

// dynamic says what the binary needs of the machine's libraries; empty is nothing.
func dynamic(file *elf.File) string {
	for _, segment := range file.Progs {
		if segment.Type == elf.PT_INTERP {
			return "it names a program interpreter"
		}
	}
	libraries, err := file.ImportedLibraries()
	if err != nil {
		return err.Error()
	}
	if len(libraries) > 0 {
		return "it needs " + strings.Join(libraries, ", ")
	}
	return ""
}

func copyFile(from, to string, mode fs.FileMode) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, content, mode)
}

// zipFolder writes the files below folder into a zip, all within one root folder, permissions kept.
func zipFolder(folder, rootName, archive string) error {
	file, err := os.Create(archive)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	writer := zip.NewWriter(file)
	err = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		return zipFile(writer, path, folder, rootName)
	})
	if err != nil {
		return err
	}
	if err := writer.Close(); err != nil {
		return err
	}
	return file.Close()
}

func zipFile(writer *zip.Writer, path, folder, rootName string) error {
	name, err := filepath.Rel(folder, path)
	if err != nil {
		return err
	}
	information, err := os.Stat(path)
	if err != nil {
		return err
	}
	header, err := zip.FileInfoHeader(information)
	if err != nil {
		return err
	}
	header.Name = rootName + "/" + filepath.ToSlash(name)
	header.Method = zip.Deflate
	entry, err := writer.CreateHeader(header)
	if err != nil {
		return err
	}
	source, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = source.Close() }()
	_, err = io.Copy(entry, source)
	return err
}
