// Package sandbox starts the stand-in for AWS and gives orders to it: faults, counts, and the facts of its data, which
// it works out from its generator and not by SQL.
package sandbox

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"time"

	"switchboard/tests/host/grafana"
	"switchboard/tests/host/process"
)

// Sandbox is a running sandbox.
type Sandbox struct {
	// URL is where it listens: every AWS endpoint, and the orders below /_sandbox/.
	URL string

	command *exec.Cmd
	exited  chan struct{}
}

// Options are what the sandbox is started with.
type Options struct {
	// Agents is how many people work in the contact centre.
	Agents int
	// Days is how much history there is.
	Days int
	// Progress gets what the sandbox says while it generates, line by line; nil where nobody looks.
	Progress func(line string)
	// Arguments are further ones for its command line.
	Arguments []string
}

// Start starts the sandbox on a free port and waits until it is ready. It is killed when this process dies.
func Start(ctx context.Context, binary string, options Options) (*Sandbox, error) {
	if _, err := os.Stat(binary); err != nil {
		return nil, fmt.Errorf("there is no sandbox at %s: build it with `go tool mage build`", binary)
	}
	arguments := append([]string{
		"--port", "0", "--agents", fmt.Sprint(options.Agents), "--days", fmt.Sprint(options.Days),
	}, options.Arguments...)
	command := exec.Command(binary, arguments...)
	process.DieWithParent(command)
	output, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	messages, err := command.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	sandbox := &Sandbox{command: command, exited: make(chan struct{})}
	ready := make(chan string, 1)
	go func() {
		said := readLines(messages, options.Progress)
		line, rest := firstLine(output)
		ready <- line
		_, _ = io.Copy(io.Discard, rest)
		<-said
		_ = command.Wait()
		close(sandbox.exited)
	}()
	select {
	case line := <-ready:
		if err := sandbox.ready(line); err != nil {
			sandbox.Stop()
			return nil, err
		}
		return sandbox, nil
	case <-ctx.Done():
		sandbox.Stop()
		return nil, fmt.Errorf("the sandbox was not ready: %w", ctx.Err())
	}
}

// ready reads the line that says where the sandbox listens.
func (s *Sandbox) ready(line string) error {
	var told struct {
		Ready    bool
		Endpoint string
	}
	if line == "" {
		return errors.New("the sandbox ended before it was ready")
	}
	if err := json.Unmarshal([]byte(line), &told); err != nil || !told.Ready || told.Endpoint == "" {
		return fmt.Errorf("the sandbox says %q, which does not name its endpoint", line)
	}
	s.URL = told.Endpoint
	return nil
}

func firstLine(stream io.Reader) (string, io.Reader) {
	reader := bufio.NewReader(stream)
	line, _ := reader.ReadString('\n')
	return line, reader
}

// readLines hands every line to progress; the channel closes with the stream.
func readLines(stream io.Reader, progress func(string)) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		lines := bufio.NewScanner(stream)
		for lines.Scan() {
			if progress != nil {
				progress(lines.Text())
			}
		}
	}()
	return done
}

// Stop ends the sandbox at once: every connection to it is cut. It keeps nothing that would be lost.
func (s *Sandbox) Stop() {
	_ = s.command.Process.Kill()
	<-s.exited
}

// Source is the data source of provisioning/datasources/switchboard-sandbox.yaml, pointed at this sandbox. path is that
// file's.
func (s *Sandbox) Source(path string) (*grafana.Source, error) {
	sources, err := grafana.Provisioned(path, func(name string) string {
		if name == "SWITCHBOARD_SANDBOX" {
			return s.URL
		}
		return os.Getenv(name)
	})
	if err != nil {
		return nil, err
	}
	if len(sources) != 1 {
		return nil, fmt.Errorf("%s provisions %d data sources, not one", path, len(sources))
	}
	return sources[0], nil
}

// Facts asks for figures that the sandbox works out from its generator, of a kind such as `days` and for the range
// [from, to), and decodes them.
func (s *Sandbox) Facts(ctx context.Context, kind string, from, to time.Time, into any) error {
	return s.call(ctx, http.MethodGet, "facts?"+url.Values{
		"kind": {kind},
		"from": {from.UTC().Format(time.RFC3339Nano)},
		"to":   {to.UTC().Format(time.RFC3339Nano)},
	}.Encode(), nil, into)
}

// Call is one AWS call that the sandbox answered.
type Call struct {
	Service   string
	Operation string
	Region    string
	Status    int
	Error     string
	// Subject is the query or execution that the call named or started.
	Subject string
}

// Calls are the AWS calls that the sandbox has answered since the counts were reset, oldest first.
func (s *Sandbox) Calls(ctx context.Context) ([]Call, error) {
	var report struct{ Recent []Call }
	err := s.call(ctx, http.MethodGet, "calls", nil, &report)
	return report.Recent, err
}

// Fault is a failure to happen; the sandbox's README names the kinds.
type Fault struct {
	Kind        string `json:"kind"`
	Operation   string `json:"operation,omitempty"`
	Service     string `json:"service,omitempty"`
	Times       int    `json:"times"`
	SQLContains string `json:"sql_contains,omitempty"`
	Code        string `json:"code,omitempty"`
	Status      int    `json:"status,omitempty"`
	Message     string `json:"message,omitempty"`
	Millis      int    `json:"millis,omitempty"`
}

// Fault orders a failure.
func (s *Sandbox) Fault(ctx context.Context, fault Fault) error {
	return s.call(ctx, http.MethodPost, "faults", fault, nil)
}

// ClearFaults takes back what has not happened yet.
func (s *Sandbox) ClearFaults(ctx context.Context) error {
	return s.call(ctx, http.MethodDelete, "faults", nil, nil)
}

func (s *Sandbox) call(ctx context.Context, method, route string, body, into any) error {
	var content bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&content).Encode(body); err != nil {
			return err
		}
	}
	request, err := http.NewRequestWithContext(ctx, method, s.URL+"/_sandbox/"+route, &content)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode >= 300 {
		return fmt.Errorf("the sandbox answers %s to %s %s: %s", answer.Status, method, route, text)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(text, into)
}
