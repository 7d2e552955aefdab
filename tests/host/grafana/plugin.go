// Package grafana plays Grafana's part: it starts a backend plugin by go-plugin with Grafana's handshake, speaks to it
// through the official SDK's clients and decodes what comes back with the official SDK. Tests, benchmarks and the demo
// all reach the plugin through this package, so none of them can be kinder to it than Grafana is.
package grafana

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend/grpcplugin"
	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"

	"switchboard/tests/host/process"
)

// startTimeout is how long a plugin may take until its handshake. Grafana allows a minute; a plugin that needs more
// than this is broken, and a test should say so soon.
const startTimeout = 20 * time.Second

// Plugin is a running plugin process.
type Plugin struct {
	// Handshake is the time from starting the process until the first gRPC connection stood.
	Handshake time.Duration

	client      *goplugin.Client
	command     *exec.Cmd
	data        grpcplugin.DataClient
	resource    grpcplugin.ResourceClient
	diagnostics grpcplugin.DiagnosticsClient
	log         *log
}

// Start runs the plugin binary as Grafana does: the magic cookie, protocol version 2, gRPC only, one client per service.
// env is added to the environment of this process. The plugin is killed when this process dies.
func Start(binary string, env ...string) (*Plugin, error) {
	if _, err := os.Stat(binary); err != nil {
		return nil, fmt.Errorf("there is no plugin at %s: build it with `go tool mage build`", binary)
	}
	command := exec.Command(binary)
	command.Env = append(os.Environ(), env...)
	process.DieWithParent(command)
	return StartCommand(command)
}

// StartCommand is Start for a command that was prepared otherwise, such as one in a root directory of its own. Its
// environment is the command's, and nothing else.
func StartCommand(command *exec.Cmd) (*Plugin, error) {
	output := &log{}
	client := goplugin.NewClient(&goplugin.ClientConfig{
		Cmd: command,
		HandshakeConfig: goplugin.HandshakeConfig{
			ProtocolVersion:  grpcplugin.ProtocolVersion,
			MagicCookieKey:   grpcplugin.MagicCookieKey,
			MagicCookieValue: grpcplugin.MagicCookieValue,
		},
		VersionedPlugins: map[int]goplugin.PluginSet{
			grpcplugin.ProtocolVersion: {
				"data":        &grpcplugin.DataGRPCPlugin{},
				"resource":    &grpcplugin.ResourceGRPCPlugin{},
				"diagnostics": &grpcplugin.DiagnosticsGRPCPlugin{},
			},
		},
		AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC},
		SkipHostEnv:      true,
		StartTimeout:     startTimeout,
		Stderr:           output,
		// Its own lines come through Stderr above; this logger would only repeat them.
		Logger: hclog.NewNullLogger(),
	})
	plugin := &Plugin{client: client, command: command, log: output}
	if err := plugin.connect(); err != nil {
		client.Kill()
		return nil, fmt.Errorf("%w\n%s", err, output)
	}
	return plugin, nil
}

func (p *Plugin) connect() error {
	began := time.Now()
	protocol, err := p.client.Client()
	if err != nil {
		return fmt.Errorf("the plugin did not shake hands: %w", err)
	}
	p.Handshake = time.Since(began)
	for name, into := range map[string]any{"data": &p.data, "resource": &p.resource, "diagnostics": &p.diagnostics} {
		service, err := protocol.Dispense(name)
		if err != nil {
			return fmt.Errorf("the plugin has no %s service: %w", name, err)
		}
		if !assign(service, into) {
			return fmt.Errorf("the plugin's %s service is a %T", name, service)
		}
	}
	return nil
}

func assign(service, into any) (ok bool) {
	switch into := into.(type) {
	case *grpcplugin.DataClient:
		*into, ok = service.(grpcplugin.DataClient)
	case *grpcplugin.ResourceClient:
		*into, ok = service.(grpcplugin.ResourceClient)
	case *grpcplugin.DiagnosticsClient:
		*into, ok = service.(grpcplugin.DiagnosticsClient)
	}
	return ok
}

// Address is where the plugin listens, as its handshake line said: network and address.
func (p *Plugin) Address() (network, address string) {
	attached := p.client.ReattachConfig()
	if attached == nil {
		return "", ""
	}
	return attached.Addr.Network(), attached.Addr.String()
}

// Ping asks the plugin's gRPC health service for the service `plugin`, as go-plugin does to see whether it lives.
func (p *Plugin) Ping() error {
	protocol, err := p.client.Client()
	if err != nil {
		return err
	}
	return protocol.Ping()
}

// ID is the process id.
func (p *Plugin) ID() int { return p.command.Process.Pid }

// Signal sends the process a signal.
func (p *Plugin) Signal(signal os.Signal) error { return p.command.Process.Signal(signal) }

// Exited says whether the process is gone.
func (p *Plugin) Exited() bool { return p.client.Exited() }

// Wait waits until the process is gone by itself and answers its exit code.
func (p *Plugin) Wait(ctx context.Context) (int, error) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !p.client.Exited() {
		select {
		case <-ctx.Done():
			return 0, errors.New("the plugin is still running")
		case <-tick.C:
		}
	}
	return p.command.ProcessState.ExitCode(), nil
}

// Stop asks the plugin to shut down, as Grafana does when it exits, and kills it after two seconds.
func (p *Plugin) Stop() { p.client.Kill() }

// Kill ends the process at once, as a crash or the kernel would.
func (p *Plugin) Kill() error { return p.command.Process.Kill() }

// Log is all that the plugin has written to stderr so far: one hclog JSON object a line.
func (p *Plugin) Log() string { return p.log.String() }

// log keeps what a process writes.
type log struct {
	mutex  sync.Mutex
	buffer bytes.Buffer
}

var _ io.Writer = (*log)(nil)

func (l *log) Write(text []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.buffer.Write(text)
}

func (l *log) String() string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.buffer.String()
}
