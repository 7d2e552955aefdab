package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode/utf8"
)

// width is what the demo is laid out for.
const width = 100

// style is an ANSI colour or weight.
type style string

const (
	bold   style = "1"
	dim    style = "2"
	red    style = "31"
	green  style = "32"
	yellow style = "33"
	cyan   style = "36"
)

// terminal prints for a person, with colour only where that is wanted.
type terminal struct {
	out    io.Writer
	colour bool
}

func newTerminal(file *os.File) *terminal {
	information, err := file.Stat()
	interactive := err == nil && information.Mode()&os.ModeCharDevice != 0
	_, unwanted := os.LookupEnv("NO_COLOR")
	return &terminal{out: file, colour: interactive && !unwanted}
}

func (t *terminal) paint(style style, text string) string {
	if !t.colour || text == "" {
		return text
	}
	return "\x1b[" + string(style) + "m" + text + "\x1b[0m"
}

func (t *terminal) line(format string, values ...any) {
	_, _ = fmt.Fprintf(t.out, strings.TrimRight(format, " ")+"\n", values...)
}

// heading opens a panel: its title, and what answers it at the right margin.
func (t *terminal) heading(title, right string) {
	rule := strings.Repeat("─", max(1, width-utf8.RuneCountInString(title)-utf8.RuneCountInString(right)-6))
	t.line("")
	t.line("%s %s %s %s %s", t.paint(dim, "──"), t.paint(bold, title), t.paint(dim, rule), t.paint(cyan, right), t.paint(dim, "─"))
	t.line("")
}

// step says that something is done, and how long it took.
func (t *terminal) step(text string, took time.Duration) {
	t.line("%s %s %s", t.paint(green, "✓"), text, t.paint(dim, "in "+duration(took)))
}

// labelled prints text in paragraphs behind a label, wrapped at spaces. Line breaks in the text stay.
func (t *terminal) labelled(label, text string, style style) {
	const indent = 9
	prefix := label
	for _, paragraph := range strings.Split(strings.TrimSpace(text), "\n") {
		for _, line := range wrap(strings.TrimRight(paragraph, " "), width-indent) {
			t.line("  %s%s", t.paint(dim, pad(prefix, indent-2, false)), t.paint(style, line))
			prefix = ""
		}
	}
}

// wrap breaks a line at spaces so that no part is longer than limit, keeping its indentation on every part.
func wrap(line string, limit int) []string {
	indentation := line[:len(line)-len(strings.TrimLeft(line, " "))]
	var lines []string
	current := indentation
	for _, word := range strings.Fields(line) {
		if current != indentation && utf8.RuneCountInString(current)+1+utf8.RuneCountInString(word) > limit {
			lines = append(lines, current)
			current = indentation
		}
		if current != indentation {
			current += " "
		}
		current += word
	}
	return append(lines, current)
}

// pad fills text with spaces up to a width, at its left if it is a number; what is longer is cut with an ellipsis.
func pad(text string, width int, right bool) string {
	length := utf8.RuneCountInString(text)
	if length > width {
		return string([]rune(text)[:max(0, width-1)]) + "…"
	}
	space := strings.Repeat(" ", width-length)
	if right {
		return space + text
	}
	return text + space
}

// duration is a time as people say it.
func duration(took time.Duration) string {
	switch {
	case took < time.Millisecond:
		return fmt.Sprintf("%d µs", took.Microseconds())
	case took < time.Second:
		return fmt.Sprintf("%d ms", took.Milliseconds())
	case took < time.Minute:
		return fmt.Sprintf("%.1f s", took.Seconds())
	default:
		return fmt.Sprintf("%d min %d s", int(took.Minutes()), int(took.Seconds())%60)
	}
}

// bytes is an amount of data as people say it.
func bytes(amount float64) string {
	for _, unit := range []string{"bytes", "kB", "MB", "GB"} {
		if amount < 1000 {
			if unit == "bytes" {
				return fmt.Sprintf("%.0f %s", amount, unit)
			}
			return fmt.Sprintf("%.1f %s", amount, unit)
		}
		amount /= 1000
	}
	return fmt.Sprintf("%.1f TB", amount)
}

// grouped writes a whole number with commas between the thousands.
func grouped(value int64) string {
	digits := fmt.Sprint(max(value, -value))
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	if value < 0 {
		return "-" + digits
	}
	return digits
}

// bars are the heights that a sparkline is drawn with.
var bars = []rune("▁▂▃▄▅▆▇█")

// sparkline draws one character a value, the lowest bar for nought or the least, a space where there is no value.
func sparkline(values []*float64) string {
	low, high := 0.0, 0.0
	for _, value := range values {
		if value != nil {
			low, high = min(low, *value), max(high, *value)
		}
	}
	line := make([]rune, len(values))
	for i, value := range values {
		switch {
		case value == nil:
			line[i] = ' '
		case high == low:
			line[i] = bars[0]
		default:
			line[i] = bars[int((*value-low)/(high-low)*float64(len(bars)-1)+0.5)]
		}
	}
	return string(line)
}
