//go:build linux

package package_test

import (
	"context"
	"encoding/binary"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// nameserver is the loopback address that a root's /etc/resolv.conf names. Nothing else listens there.
const nameserver = "127.0.0.77"

// names is a nameserver that knows one name, which is this machine's.
type names struct {
	known string

	lock  sync.Mutex
	asked map[string]int
}

// serveNames answers nil where this process may not listen on port 53.
func serveNames(t *testing.T, known string) *names {
	t.Helper()
	socket, err := net.ListenPacket("udp4", nameserver+":53")
	if err != nil {
		t.Logf("names of the DNS are not tried: %v", err)
		return nil
	}
	t.Cleanup(func() { _ = socket.Close() })
	served := &names{known: known, asked: map[string]int{}}
	go func() {
		request := make([]byte, 1500)
		for {
			length, from, err := socket.ReadFrom(request)
			if err != nil {
				return
			}
			if answer := served.answer(request[:length]); answer != nil {
				_, _ = socket.WriteTo(answer, from)
			}
		}
	}()
	return served
}

// answer is the response to a question: 127.0.0.1 for the known name, no such name for others; nil for what is no question.
func (n *names) answer(request []byte) []byte {
	const header, typeAddress = 12, 1
	if len(request) < header || binary.BigEndian.Uint16(request[4:]) != 1 {
		return nil
	}
	var labels []string
	end := header
	for end < len(request) && request[end] != 0 {
		next := end + 1 + int(request[end])
		if next >= len(request) {
			return nil
		}
		labels = append(labels, string(request[end+1:next]))
		end = next
	}
	if end += 5; end > len(request) {
		return nil
	}
	name, kind := strings.ToLower(strings.Join(labels, ".")), binary.BigEndian.Uint16(request[end-4:])
	n.lock.Lock()
	n.asked[name]++
	n.lock.Unlock()
	answers, code := uint16(0), byte(0)
	switch {
	case name != n.known:
		code = 3
	case kind == typeAddress:
		answers = 1
	}
	// The id, recursion wanted and had, the counts, and the question as it came.
	response := append([]byte{request[0], request[1], 0x81, 0x80 | code, 0, 1, 0, byte(answers), 0, 0, 0, 0}, request[header:end]...)
	if answers == 1 {
		response = append(response, 0xc0, header, 0, typeAddress, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1)
	}
	return response
}

func (n *names) times(name string) int {
	n.lock.Lock()
	defer n.lock.Unlock()
	return n.asked[name]
}

func TestTheNameserverKnowsOneName(t *testing.T) {
	served := serveNames(t, "known.switchboard.test")
	if served == nil {
		t.Skip("this process may not listen on port 53")
	}
	resolver := net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp4", nameserver+":53")
	}}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if found, err := resolver.LookupHost(ctx, "known.switchboard.test."); err != nil || len(found) != 1 || found[0] != "127.0.0.1" {
		t.Errorf("found %v, %v", found, err)
	}
	if found, err := resolver.LookupHost(ctx, "unknown.switchboard.test."); err == nil {
		t.Errorf("found %v", found)
	}
	if served.times("known.switchboard.test") == 0 {
		t.Error("it was not asked")
	}
}
