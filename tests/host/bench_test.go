package host_test

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"switchboard/tests/host/grafana"
)

// BenchmarkSelectOne is a panel of `SELECT 1` through the host, from the request to the decoded frame, AWS being the
// sandbox on this machine. Each has its own text, so that no two share an execution.
func BenchmarkSelectOne(b *testing.B) {
	for _, route := range []string{"realtime", "historical"} {
		b.Run(route, func(b *testing.B) {
			world := ownWorld(b, "--fast")
			plugin, source := start(b), sourceOf(b, world)
			if err := selectOne(b.Context(), plugin, source); err != nil {
				b.Fatal(err)
			}
			var took []time.Duration
			to := time.Now()
			for b.Loop() {
				began := time.Now()
				answers, err := ask(b.Context(), plugin, source, to.Add(-time.Hour), to, panel{Route: route, SQL: fmt.Sprintf("SELECT 1 AS one -- %d", len(took))})
				if err != nil || answers["A"].Error != nil {
					b.Fatal(err, answers["A"].Error)
				}
				took = append(took, time.Since(began))
			}
			slices.Sort(took)
			report := func(share float64, unit string) {
				at := took[int(share*float64(len(took)-1))]
				b.ReportMetric(float64(at.Microseconds())/1000, unit)
			}
			report(0.5, "p50-ms")
			report(0.99, "p99-ms")
		})
	}
}

// BenchmarkBadQuery is a panel whose answer needs no AWS: the protocol's own cost.
func BenchmarkBadQuery(b *testing.B) {
	plugin, source := start(b), &grafana.Source{UID: "bench", Name: "bench", JSONData: []byte("{}"), Updated: time.Now()}
	for b.Loop() {
		answers, err := ask(b.Context(), plugin, source, time.Now().Add(-time.Hour), time.Now(), panel{Route: "nowhere", SQL: "SELECT 1"})
		if err != nil || answers["A"].Error == nil {
			b.Fatal(err, "a query without a leg was answered")
		}
	}
}

// BenchmarkHandshake is from starting the process to the first gRPC connection.
func BenchmarkHandshake(b *testing.B) {
	for b.Loop() {
		plugin, err := grafana.Start(pluginBinary)
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		plugin.Stop()
		b.StartTimer()
	}
}

// BenchmarkIdleMemory is the resident memory of a plugin that has answered on both legs and now waits.
func BenchmarkIdleMemory(b *testing.B) {
	if runtime.GOOS != "linux" {
		b.Skip("read from /proc")
	}
	world := ownWorld(b, "--fast")
	for b.Loop() {
		plugin := start(b)
		if err := selectOne(b.Context(), plugin, sourceOf(b, world)); err != nil {
			b.Fatal(err)
		}
		time.Sleep(time.Second)
		b.ReportMetric(residentMiB(b, plugin.ID()), "MiB")
		plugin.Stop()
	}
}

// residentMiB reads VmRSS.
func residentMiB(b *testing.B, process int) float64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", process))
	if err != nil {
		b.Fatal(err)
	}
	for _, line := range strings.Split(string(status), "\n") {
		var kibibytes float64
		if _, err := fmt.Sscanf(line, "VmRSS: %f kB", &kibibytes); err == nil {
			return kibibytes / 1024
		}
	}
	b.Fatal("/proc has no VmRSS")
	return 0
}
