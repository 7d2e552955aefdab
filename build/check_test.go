package build

import (
	"archive/zip"
	"bytes"
	"debug/elf"
	"encoding/binary"
	"io/fs"
	"slices"
	"strings"
	"testing"
)

const soundVersion = "1.2.3"

var soundWanted = Wanted{Version: soundVersion, Platforms: []string{"linux_amd64"}}

// parcel is a package in the making: what is put into its zip, in this order.
type parcel struct {
	name    string
	wanted  Wanted
	entries []entry
}

type entry struct {
	path string
	mode fs.FileMode
	data string
}

// sound is the smallest package that nothing is wrong with.
func sound() *parcel {
	root := pluginID + "/"
	picture := `<svg xmlns="http://www.w3.org/2000/svg"><g id="a"/><use href="#a"/></svg>`
	return &parcel{name: pluginID + "-" + soundVersion + ".zip", wanted: soundWanted, entries: []entry{
		{root, fs.ModeDir | 0o755, ""},
		{root + "plugin.json", 0o644, soundManifest},
		{root + "module.js", 0o644, "define([],function(){});\n//# sourceMappingURL=module.js.map"},
		{root + "module.js.map", 0o644, `{"sources": ["webpack://` + pluginID + `/../node_modules/a/b.js", "webpack://` + pluginID + `/./module.ts"]}`},
		{root + "gpx_switchboard_linux_amd64", 0o755, program(elf.EM_X86_64, false)},
		{root + "README.md", 0o644, "# Switchboard\n[Changes](CHANGELOG.md), [all](img), [home](https://example.org/), [here](#switchboard)"},
		{root + "CHANGELOG.md", 0o644, "# Changelog"},
		{root + "LICENSE", 0o644, "Apache License"},
		{root + "img/logo.svg", 0o644, picture},
		{root + "img/panel.png", 0o644, "\x89PNG\r\n\x1a\n"},
		{root + "dashboards/a.json", 0o644, `{"uid": "a", "title": "A"}`},
		{root + "dashboards/b.json", 0o644, `{"uid": "b", "title": "B"}`},
		{root + "provisioning/sandbox.yaml", 0o644, "accessKey: AKIASANDBOXEXAMPLE01"},
	}}
}

const soundManifest = `{
	"$schema": "https://example.org/plugin.schema.json", "type": "datasource", "name": "Switchboard",
	"id": "switchboard-connect-datasource", "backend": true, "executable": "gpx_switchboard", "metrics": true,
	"info": {
		"description": "Contact centre", "author": {"name": "Switchboard"}, "keywords": ["aws"],
		"logos": {"small": "img/logo.svg", "large": "img/logo.svg"}, "links": [{"name": "Home", "url": "https://example.org"}],
		"screenshots": [{"name": "A panel", "path": "img/panel.png"}], "version": "1.2.3", "updated": "2026-11-20"
	},
	"includes": [
		{"type": "dashboard", "name": "A", "path": "dashboards/a.json"},
		{"type": "dashboard", "name": "B", "path": "dashboards/b.json"}
	],
	"dependencies": {"grafanaDependency": ">=11.6.0-0", "plugins": []}
}`

// program is the header of an ELF file, with or without a program interpreter.
func program(machine elf.Machine, interpreted bool) string {
	header := elf.Header64{
		Ident: [elf.EI_NIDENT]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)},
		Type:  uint16(elf.ET_EXEC), Machine: uint16(machine), Version: uint32(elf.EV_CURRENT), Ehsize: 64, Phentsize: 56, Phoff: 64,
	}
	var text bytes.Buffer
	if interpreted {
		header.Phnum = 1
	}
	_ = binary.Write(&text, binary.LittleEndian, header)
	if interpreted {
		_ = binary.Write(&text, binary.LittleEndian, elf.Prog64{Type: uint32(elf.PT_INTERP)})
	}
	return text.String()
}

func (p *parcel) check(t *testing.T) error {
	t.Helper()
	var text bytes.Buffer
	writer := zip.NewWriter(&text)
	for _, one := range p.entries {
		header := &zip.FileHeader{Name: one.path, Method: zip.Deflate}
		header.SetMode(one.mode)
		file, err := writer.CreateHeader(header)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := file.Write([]byte(one.data)); err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return checkArchive(p.name, bytes.NewReader(text.Bytes()), int64(text.Len()), p.wanted)
}

// at is the entry of a path below the root folder.
func (p *parcel) at(path string) *entry {
	for i := range p.entries {
		if p.entries[i].path == pluginID+"/"+path {
			return &p.entries[i]
		}
	}
	panic("the sound package has no " + path)
}

func (p *parcel) add(path string, mode fs.FileMode, data string) {
	p.entries = append(p.entries, entry{path, mode, data})
}

func (p *parcel) drop(path string) {
	p.entries = slices.DeleteFunc(p.entries, func(one entry) bool { return one.path == pluginID+"/"+path })
}

func (p *parcel) replace(path, old, text string) {
	file := p.at(path)
	if !strings.Contains(file.data, old) {
		panic(path + " has no " + old)
	}
	file.data = strings.Replace(file.data, old, text, 1)
}

func TestASoundPackagePasses(t *testing.T) {
	if err := sound().check(t); err != nil {
		t.Error(err)
	}
}

// Each fault alone must be told by one line, which begins with the file.
func TestEveryFaultOfAPackageIsTold(t *testing.T) {
	const root, dist = pluginID + "/", "gpx_switchboard_linux_amd64"
	manifest := func(old, text string) func(*parcel) {
		return func(p *parcel) { p.replace("plugin.json", old, text) }
	}
	missing := func(path string) func(*parcel) { return func(p *parcel) { p.drop(path) } }
	for name, one := range map[string]struct {
		harm func(*parcel)
		// said begins the line of the fault.
		said string
	}{
		"named otherwise":       {func(p *parcel) { p.name = "plugin.zip" }, "plugin.zip: name it"},
		"second root":           {func(p *parcel) { p.add("other/a.txt", 0o644, "a") }, "other/a.txt: it is not in the root folder"},
		"file beside the root":  {func(p *parcel) { p.add("a.txt", 0o644, "a") }, "a.txt: it is not in the root folder"},
		"way out":               {func(p *parcel) { p.add(root+"../../a", 0o644, "a") }, root + "../../a: the path leads out"},
		"absolute path":         {func(p *parcel) { p.add("/etc/a", 0o644, "a") }, "/etc/a: the path leads out"},
		"path of Windows":       {func(p *parcel) { p.add(root+`a\b`, 0o644, "a") }, root + `a\b: the path leads out`},
		"symbolic link":         {func(p *parcel) { p.add(root+"a", fs.ModeSymlink|0o777, "/etc/passwd") }, root + "a: it is a L"},
		"same file twice":       {func(p *parcel) { p.entries = append(p.entries, *p.at("LICENSE")) }, root + "LICENSE: it is in the zip twice"},
		"no manifest":           {missing("plugin.json"), "plugin.json: it is missing"},
		"no JSON":               {func(p *parcel) { p.at("plugin.json").data = "{" }, "plugin.json: it is not an object"},
		"wrong type":            {manifest(`"backend": true`, `"backend": "yes"`), "plugin.json: it is not as Grafana's schema"},
		"unknown key":           {manifest(`"metrics"`, `"metric"`), "plugin.json: Grafana knows no `metric`"},
		"unknown info key":      {manifest(`"description"`, `"licence": "x", "description"`), "plugin.json: Grafana knows no `info.licence`"},
		"no name":               {manifest(`"name": "Switchboard",`, ``), "plugin.json: `name` is missing"},
		"no description":        {manifest(`"Contact centre"`, `""`), "plugin.json: `info.description` is missing"},
		"no keywords":           {manifest(`["aws"]`, `[]`), "plugin.json: `info.keywords` is missing"},
		"no author":             {manifest(`"author": {"name"`, `"author": {"email"`), "plugin.json: `info.author.name` is missing"},
		"other type":            {manifest(`"type": "datasource"`, `"type": "panel"`), "plugin.json: the type"},
		"no backend":            {manifest(`"backend": true`, `"backend": false`), "plugin.json: it declares no backend"},
		"other version":         {manifest(`"1.2.3"`, `"1.2.4"`), "plugin.json: `info.version`"},
		"date of another land":  {manifest(`2026-11-20`, `20.11.2026`), "plugin.json: `info.updated`"},
		"no range":              {manifest(`>=11.6.0-0`, `11.6 or newer`), "plugin.json: `dependencies.grafanaDependency`"},
		"link without address":  {manifest(`https://example.org"}`, `ftp://example.org"}`), "plugin.json: the link"},
		"screenshot missing":    {manifest(`img/panel.png`, `img/panes.png`), "plugin.json: the screenshot"},
		"screenshot unnamed":    {manifest(`"A panel"`, `""`), "plugin.json: the screenshot"},
		"logo missing":          {manifest(`"small": "img/logo.svg"`, `"small": "img/none.svg"`), "plugin.json: the logo"},
		"logo is no picture":    {manifest(`"small": "img/logo.svg"`, `"small": "LICENSE"`), "LICENSE: the logo"},
		"picture is text":       {func(p *parcel) { p.at("img/panel.png").data = "PNG" }, "img/panel.png: the screenshot"},
		"include missing":       {missing("dashboards/b.json"), "plugin.json: it includes"},
		"include is no JSON":    {func(p *parcel) { p.at("dashboards/b.json").data = "{" }, "dashboards/b.json: it is not a dashboard"},
		"same uid":              {func(p *parcel) { p.replace("dashboards/b.json", `"b"`, `"a"`) }, "dashboards/b.json: the uid"},
		"no title":              {func(p *parcel) { p.replace("dashboards/b.json", `"B"`, `""`) }, "dashboards/b.json: the title"},
		"no binary":             {missing(dist), dist + ": there is no binary"},
		"mode":                  {func(p *parcel) { p.at(dist).mode = 0o644 }, dist + ": its mode is 0644"},
		"no ELF":                {func(p *parcel) { p.at(dist).data = "#!/bin/sh" }, dist + ": it is not an ELF"},
		"binary of another arm": {func(p *parcel) { p.at(dist).data = program(elf.EM_AARCH64, false) }, dist + ": it is for EM_AARCH64"},
		"dynamic":               {func(p *parcel) { p.at(dist).data = program(elf.EM_X86_64, true) }, dist + ": it is not static"},
		"binary unnamed":        {func(p *parcel) { p.add(root+"helper", 0o755, program(elf.EM_X86_64, false)) }, "helper: it is a binary"},
		"unknown platform":      {func(p *parcel) { p.add(root+"gpx_switchboard_plan9_386", 0o755, program(elf.EM_386, false)) }, "gpx_switchboard_plan9_386: "},
		"empty module":          {func(p *parcel) { p.at("module.js").data = "" }, "module.js: it is missing or empty"},
		"map elsewhere":         {func(p *parcel) { p.replace("module.js", "=module.js.map", "=https://example.org/a.map") }, "module.js: its source map"},
		"map is no map":         {func(p *parcel) { p.at("module.js.map").data = "" + "[]" }, "module.js.map: it is no source map"},
		"map of the machine":    {func(p *parcel) { p.replace("module.js.map", "/../node_modules", "/../../../node_modules") }, "module.js.map: its source"},
		"map of a home":         {func(p *parcel) { p.replace("module.js.map", "/./module.ts", "//home/me/module.ts") }, "module.js.map: its source"},
		"no readme":             {missing("README.md"), "README.md: it is missing"},
		"no licence":            {missing("LICENSE"), "LICENSE: it is missing"},
		"another licence":       {func(p *parcel) { p.at("LICENSE").data = "All rights reserved" }, "LICENSE: it is not"},
		"dead link":             {func(p *parcel) { p.replace("README.md", "(CHANGELOG.md)", "(docs/none.md#x)") }, "README.md: it links to"},
		"unsafe link":           {func(p *parcel) { p.replace("README.md", "https:", "http:") }, "README.md: the link"},
		"script in a picture":   {func(p *parcel) { p.replace("img/logo.svg", "<g", "<script/><g") }, "img/logo.svg: it holds a <script>"},
		"event in a picture":    {func(p *parcel) { p.replace("img/logo.svg", `id="a"`, `onload="a()"`) }, "img/logo.svg: it has the attribute"},
		"reference outside":     {func(p *parcel) { p.replace("img/logo.svg", `#a`, `https://example.org/a`) }, "img/logo.svg: it has the attribute"},
		"picture torn":          {func(p *parcel) { p.replace("img/logo.svg", `</svg>`, ``) }, "img/logo.svg: it is not an SVG"},
		"environment":           {func(p *parcel) { p.add(root+".env", 0o644, "A=1") }, ".env: it does not belong"},
		"packages":              {func(p *parcel) { p.add(root+"a/node_modules/b.js", 0o644, "b") }, "a/node_modules/b.js: it does not belong"},
		"second plugin":         {func(p *parcel) { p.add(root+"a/plugin.json", 0o644, "{}") }, "a/plugin.json: there is a second manifest"},
		"access key":            {func(p *parcel) { p.replace("README.md", "home", "AKIA"+"ABCDEFGHIJKLMNOP") }, "README.md: it holds an AWS access key"},
		"private key": {func(p *parcel) {
			p.add(root+"a.txt", 0o644, "-----BEGIN RSA PRIVATE"+" KEY-----\n"+strings.Repeat("MIIE", 20))
		}, "a.txt: it holds a private key"},
	} {
		t.Run(name, func(t *testing.T) {
			broken := sound()
			one.harm(broken)
			err := broken.check(t)
			if err == nil {
				t.Fatal("it passes")
			}
			for _, line := range strings.Split(err.Error(), "\n") {
				if !strings.HasPrefix(line, one.said) {
					t.Errorf("unexpected: %s", line)
				}
			}
		})
	}
}

func TestADevelopmentBuildMayBeDynamic(t *testing.T) {
	development := sound()
	development.wanted.AllowDynamic = true
	development.at("gpx_switchboard_linux_amd64").data = program(elf.EM_X86_64, true)
	if err := development.check(t); err != nil {
		t.Error(err)
	}
}

func TestAPackageForNoPlatformIsAFault(t *testing.T) {
	none := sound()
	none.wanted.Platforms = nil
	if none.check(t) == nil {
		t.Error("it passes")
	}
}

func TestEveryPlatformThatIsWantedMustBeThere(t *testing.T) {
	both := sound()
	both.wanted.Platforms = []string{"linux_amd64", "linux_arm64"}
	if err := both.check(t); err == nil || !strings.HasPrefix(err.Error(), "gpx_switchboard_linux_arm64: ") {
		t.Error(err)
	}
	both.add(pluginID+"/gpx_switchboard_linux_arm64", 0o755, program(elf.EM_AARCH64, false))
	if err := both.check(t); err != nil {
		t.Error(err)
	}
}

func TestVersionsAndRangesAreThoseOfNpm(t *testing.T) {
	for text, want := range map[string]bool{
		">=11.6.0-0": true, ">=11.6.0 <14": true, "^11.6.0 || ^12": true, "11.x": true, "~12.1": true,
		"": false, "||": false, ">= 11": false, "newest": false, ">=11.6.0.1": false,
	} {
		if isRange(text) != want {
			t.Errorf("%q is a range: %v", text, !want)
		}
	}
	for text, want := range map[string]bool{"1.2.3": true, "1.2.3-rc.1+5": true, "1.2": false, "v1.2.3": false, "1.02.3": false, "": false} {
		if versionPattern.MatchString(text) != want {
			t.Errorf("%q is a version: %v", text, !want)
		}
	}
}

func TestWhatIsNoZipIsAFault(t *testing.T) {
	text := strings.NewReader("no zip")
	if err := checkArchive(pluginID+"-1.2.3.zip", text, text.Size(), soundWanted); err == nil {
		t.Error("it passes")
	}
}
