package main

import (
	"slices"
	"testing"
	"time"
)

func TestSparklineSpansFromNoughtToTheGreatest(t *testing.T) {
	for name, example := range map[string]struct {
		values []*float64
		drawn  string
	}{
		"rising":   {numbers(0, 1, 2, 3, 4, 5, 6, 7), "▁▂▃▄▅▆▇█"},
		"a gap":    {[]*float64{numbers(7)[0], nil, numbers(0)[0]}, "█ ▁"},
		"constant": {numbers(7, 7), "██"},
		"noughts":  {numbers(0, 0), "▁▁"},
		"negative": {numbers(-7, 0), "▁█"},
		"none":     {nil, ""},
	} {
		if drawn := sparkline(example.values); drawn != example.drawn {
			t.Errorf("%s: drew %q, wanted %q", name, drawn, example.drawn)
		}
	}
}

func TestNumbersAreWrittenAsPeopleReadThem(t *testing.T) {
	for written, wanted := range map[string]string{
		grouped(0):                        "0",
		grouped(999):                      "999",
		grouped(-1234567):                 "-1,234,567",
		bytes(999):                        "999 bytes",
		bytes(12_340_000):                 "12.3 MB",
		duration(1500 * time.Microsecond): "1 ms",
		duration(90 * time.Second):        "1 min 30 s",
		pad("12", 4, true):                "  12",
		pad("Complaints", 5, false):       "Comp…",
	} {
		if written != wanted {
			t.Errorf("wrote %q, wanted %q", written, wanted)
		}
	}
}

func TestWrapKeepsIndentationAndLosesNoWord(t *testing.T) {
	lines := wrap("  SELECT a, b FROM t", 12)
	if wanted := []string{"  SELECT a,", "  b FROM t"}; !slices.Equal(lines, wanted) {
		t.Errorf("wrapped to %q, wanted %q", lines, wanted)
	}
}

func numbers(values ...float64) []*float64 {
	pointers := make([]*float64, len(values))
	for i := range values {
		pointers[i] = &values[i]
	}
	return pointers
}
