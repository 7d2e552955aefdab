package host_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"switchboard/tests/host/grafana"
	"switchboard/tests/host/sandbox"
)

func TestTheHandshakeIsGrafanas(t *testing.T) {
	plugin := start(t)
	network, address := plugin.Address()
	if network != "unix" {
		t.Fatalf("listens on %s %s, wanted a unix socket: any local user can call a TCP port", network, address)
	}
	folder, err := os.Stat(filepath.Dir(address))
	if err != nil {
		t.Fatal(err)
	}
	if others := folder.Mode().Perm() & 0o077; others != 0 {
		t.Errorf("the socket's folder has mode %o: others than its owner can enter", folder.Mode().Perm())
	}
	if err := plugin.Ping(); err != nil {
		t.Errorf("go-plugin's health check: %v", err)
	}
	if plugin.Handshake > 2*time.Second {
		t.Errorf("the handshake took %s", plugin.Handshake)
	}
}

func TestShutdownEndsInOrderAndLeavesNothingBehind(t *testing.T) {
	plugin := start(t)
	_, address := plugin.Address()
	began := time.Now()
	plugin.Stop()
	if took := time.Since(began); took > 1900*time.Millisecond {
		t.Errorf("took %s: go-plugin kills after two seconds", took)
	}
	code, err := plugin.Wait(within(t, time.Second))
	if err != nil || code != 0 {
		t.Errorf("ended with code %d, %v:\n%s", code, err, plugin.Log())
	}
	if _, err := os.Stat(address); !os.IsNotExist(err) {
		t.Errorf("the socket %s is still there", address)
	}
}

func TestTerminationLetsQueriesInFlightEnd(t *testing.T) {
	world := ownWorld(t)
	plugin, source := start(t), sourceOf(t, world)
	order(t, world, sandbox.Fault{Kind: "slow_execution", Times: 1, Millis: 1500})
	answered := make(chan error, 1)
	go func() {
		answers, err := ask(t.Context(), plugin, source, time.Now().Add(-time.Hour), time.Now(), panel{Route: "historical", SQL: "SELECT 1"})
		if err == nil {
			err = answers["A"].Error
		}
		answered <- err
	}()
	waitForCall(t, world, "StartQueryExecution")
	began := time.Now()
	if err := plugin.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := <-answered; err != nil {
		t.Errorf("the query in flight failed: %v", err)
	}
	code, err := plugin.Wait(within(t, 5*time.Second))
	if err != nil || code != 0 {
		t.Errorf("ended with code %d, %v", code, err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("took %s to end", took)
	}
}

func TestAKilledPluginCanBeStartedAgain(t *testing.T) {
	world := sharedWorld(t)
	first := start(t)
	if err := selectOne(within(t, 30*time.Second), first, sourceOf(t, world)); err != nil {
		t.Fatal(err)
	}
	if err := first.Kill(); err != nil {
		t.Fatal(err)
	}
	if code, err := first.Wait(within(t, 5*time.Second)); err != nil || code == 0 {
		t.Errorf("killed, it ended with code %d, %v", code, err)
	}
	if err := selectOne(within(t, 5*time.Second), first, sourceOf(t, world)); err == nil {
		t.Error("a dead plugin answers")
	}
	if err := selectOne(within(t, 30*time.Second), start(t), sourceOf(t, world)); err != nil {
		t.Errorf("started again: %v", err)
	}
}

func TestLogLinesAreHclogJSON(t *testing.T) {
	plugin := start(t, "GF_PLUGIN_LOG_LEVEL=debug", "RUST_LOG=debug")
	_ = selectOne(within(t, 30*time.Second), plugin, sourceOf(t, sharedWorld(t)))
	plugin.Stop()
	lines := strings.Split(strings.TrimSpace(plugin.Log()), "\n")
	for _, line := range lines {
		var entry map[string]any
		if json.Unmarshal([]byte(line), &entry) != nil || entry["@level"] == nil || entry["@message"] == nil {
			t.Errorf("not a line that Grafana can read: %s", line)
		}
	}
}

func TestNothingSecretIsLogged(t *testing.T) {
	const mark = "s3cr3t-mark-that-must-not-show"
	world := sharedWorld(t)
	plugin := start(t, "RUST_LOG=trace")
	good := sourceOf(t, world)
	good.Secrets["sessionToken"] = mark + "-token"
	wrong := sourceOf(t, world)
	wrong.UID += "-wrong-key"
	wrong.Secrets["secretKey"] = mark + "-key"
	sources := []*grafana.Source{good, wrong}
	for name, settings := range map[string]string{
		"no JSON":        `{"authType": "keys", "` + mark + `-text`,
		"misspelt":       `{"authType": "keys", "secretKey": "` + mark + `-misplaced"}`,
		"wrong type":     `{"realtime": "` + mark + `-realtime"}`,
		"unknown choice": `{"authType": "` + mark + `-choice"}`,
	} {
		broken := sourceOf(t, world)
		broken.UID += name
		broken.JSONData = json.RawMessage(settings)
		broken.Secrets["secretKey"] = mark + "-key"
		sources = append(sources, broken)
	}
	var told strings.Builder
	for _, source := range sources {
		ctx := within(t, 30*time.Second)
		if answers, err := ask(ctx, plugin, source, time.Now().Add(-time.Hour), time.Now(), panel{Route: "realtime", SQL: "SELECT 1"}); err == nil {
			told.WriteString(errorText(answers["A"].Error))
		}
		if health, err := plugin.Health(ctx, source); err == nil {
			told.WriteString(health.Message + string(health.JSONDetails))
		}
		if _, body, err := plugin.Resource(ctx, source, "realtime/databases"); err == nil {
			told.Write(body)
		}
	}
	plugin.Stop()
	if strings.TrimSpace(plugin.Log()) == "" {
		t.Fatal("at the highest level nothing is logged, so this test shows nothing")
	}
	for _, secret := range []string{mark + "-key", mark + "-token"} {
		if strings.Contains(plugin.Log(), secret) {
			t.Errorf("a secret is in the log: %s", lineWith(plugin.Log(), secret))
		}
		if strings.Contains(told.String(), secret) {
			t.Errorf("a secret is in an answer: %s", told.String())
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func lineWith(text, part string) string {
	for _, line := range strings.Split(text, "\n") {
		if strings.Contains(line, part) {
			return line
		}
	}
	return ""
}

func order(t *testing.T, world *sandbox.Sandbox, fault sandbox.Fault) {
	t.Helper()
	if err := world.Fault(t.Context(), fault); err != nil {
		t.Fatal(err)
	}
}

// waitForCall waits until AWS has seen the operation, and answers the call.
func waitForCall(t *testing.T, world *sandbox.Sandbox, operation string) sandbox.Call {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for {
		calls, err := world.Calls(ctx)
		if err != nil {
			t.Fatalf("no %s came: %v", operation, err)
		}
		for _, call := range calls {
			if call.Operation == operation {
				return call
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
}
