package build

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

func TestTheChecksumIsOneThatSha256sumReads(t *testing.T) {
	folder := t.TempDir()
	archive := filepath.Join(folder, "a.zip")
	if err := os.WriteFile(archive, []byte("abc"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := writeChecksum(archive); err != nil {
		t.Fatal(err)
	}
	const want = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  a.zip\n"
	if text, err := os.ReadFile(archive + ".sha256"); err != nil || string(text) != want {
		t.Errorf("%q, %v", text, err)
	}
	tool, err := exec.LookPath("sha256sum")
	if err != nil {
		return
	}
	check := exec.Command(tool, "--check", "a.zip.sha256")
	check.Dir = folder
	if output, err := check.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, output)
	}
}

func TestAZippedFolderKeepsItsNamesAndModes(t *testing.T) {
	folder := t.TempDir()
	for _, one := range sound().entries[1:] {
		path := filepath.Join(folder, one.path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(one.data), one.mode); err != nil {
			t.Fatal(err)
		}
	}
	archive := filepath.Join(folder, sound().name)
	if err := zipFolder(filepath.Join(folder, pluginID), pluginID, archive); err != nil {
		t.Fatal(err)
	}
	if err := CheckPackage(archive, soundWanted); err != nil {
		t.Error(err)
	}
}
