package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/grafana/grafana-plugin-sdk-go/data"
)

// printTable prints a frame's rows, column widths as needed; what does not fit into the page is cut, widest column first.
func (t *terminal) printTable(frame *data.Frame) {
	rows, err := frame.RowLen()
	if err != nil {
		t.line("  %s", t.paint(red, err.Error()))
		return
	}
	widths := make([]int, len(frame.Fields))
	cells := make([][]string, rows+1)
	for row := range cells {
		cells[row] = make([]string, len(frame.Fields))
		for column, field := range frame.Fields {
			text := field.Name
			if row > 0 {
				text = cell(field, row-1)
			}
			cells[row][column] = text
			widths[column] = max(widths[column], utf8.RuneCountInString(text))
		}
	}
	fit(widths, width-2)
	for row, texts := range cells {
		for column := range texts {
			texts[column] = pad(texts[column], widths[column], frame.Fields[column].Type().Numeric())
		}
		line := strings.Join(texts, "  ")
		if row == 0 {
			line = t.paint(dim, line)
		}
		t.line("  %s", line)
	}
	if rows == 0 {
		t.line("  no rows")
	}
}

// fit narrows the widest columns until all fit into the page with two spaces between them.
func fit(widths []int, page int) {
	for {
		total, widest := 0, 0
		for column, width := range widths {
			total += width + 2
			if width > widths[widest] {
				widest = column
			}
		}
		if total-2 <= page || widths[widest] <= 8 {
			return
		}
		widths[widest]--
	}
}

// series is one line of a graph.
type series struct {
	name   string
	values []*float64
}

// seriesOf takes the series out of a wide frame, the largest sum first where several carry labels.
func seriesOf(frame *data.Frame) []series {
	var all []series
	labelled := false
	for _, field := range frame.Fields {
		if field.Type().Time() {
			continue
		}
		one := series{name: field.Name, values: make([]*float64, field.Len())}
		if len(field.Labels) > 0 {
			labelled = true
			one.name = labelText(field.Labels)
		}
		for i := range one.values {
			if value, err := field.NullableFloatAt(i); err == nil && value != nil && !math.IsNaN(*value) {
				one.values[i] = value
			}
		}
		all = append(all, one)
	}
	if labelled {
		slices.SortStableFunc(all, func(a, b series) int { return cmp.Compare(b.sum(), a.sum()) })
	}
	return all
}

// labelText is the labels' values, in the order of their keys.
func labelText(labels data.Labels) string {
	var values []string
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		values = append(values, labels[key])
	}
	return strings.Join(values, " ")
}

func (s series) present() []float64 {
	var values []float64
	for _, value := range s.values {
		if value != nil {
			values = append(values, *value)
		}
	}
	return values
}

func (s series) sum() float64 {
	total := 0.0
	for _, value := range s.present() {
		total += value
	}
	return total
}

// printSeries prints a line a series: its figures, and its shape as a sparkline. With totals, the sum stands first;
// a sum of rates would mean nothing.
func (t *terminal) printSeries(frame *data.Frame, heading string, totals bool) {
	all := seriesOf(frame)
	names := utf8.RuneCountInString(heading)
	for _, one := range all {
		names = max(names, utf8.RuneCountInString(one.name))
	}
	names = min(names, 28)
	columns := []string{"least", "mean", "most", "last"}
	if totals {
		columns = append([]string{"total"}, columns...)
	}
	header := pad(heading, names, false)
	for _, column := range columns {
		header += pad(column, 9, true)
	}
	t.line("  %s", t.paint(dim, header+"   "+span(frame)))
	for _, one := range all {
		values := one.present()
		if len(values) == 0 {
			t.line("  %s  no values", pad(one.name, names, false))
			continue
		}
		figures := []float64{slices.Min(values), one.sum() / float64(len(values)), slices.Max(values), values[len(values)-1]}
		if totals {
			figures = append([]float64{one.sum()}, figures...)
		}
		line := pad(one.name, names, false)
		for _, figure := range figures {
			line += pad(figureText(figure), 9, true)
		}
		t.line("  %s   %s", line, t.paint(cyan, sparkline(one.values)))
	}
}

// span says from when to when a frame reaches.
func span(frame *data.Frame) string {
	for _, field := range frame.Fields {
		if !field.Type().Time() || field.Len() == 0 {
			continue
		}
		first, firstOK := field.ConcreteAt(0)
		last, lastOK := field.ConcreteAt(field.Len() - 1)
		if !firstOK || !lastOK {
			continue
		}
		from, to := first.(time.Time).UTC(), last.(time.Time).UTC()
		layout := "15:04"
		if to.Sub(from) > 24*time.Hour {
			layout = "2 Jan"
		}
		return from.Format(layout) + " … " + to.Format(layout)
	}
	return ""
}

// cell is a value as a table shows it.
func cell(field *data.Field, row int) string {
	value, present := field.ConcreteAt(row)
	if !present {
		return "–"
	}
	switch value := value.(type) {
	case time.Time:
		return value.UTC().Format("2 Jan 15:04:05")
	case float64:
		return figureText(value)
	case float32:
		return figureText(float64(value))
	default:
		return fmt.Sprint(value)
	}
}

// figureText writes a number with as many decimals as a reader needs.
func figureText(value float64) string {
	switch {
	case value == math.Trunc(value) && math.Abs(value) < 1e15:
		return grouped(int64(value))
	case math.Abs(value) >= 1000:
		return grouped(int64(math.Round(value)))
	default:
		return fmt.Sprintf("%.1f", value)
	}
}

// costOf words the statistics that came with a frame.
func costOf(frame *data.Frame) string {
	if frame.Meta == nil {
		return ""
	}
	var parts []string
	for _, stat := range frame.Meta.Stats {
		if stat.Value == 0 {
			continue // Timestream tells no engine time, for one
		}
		parts = append(parts, strings.ToLower(stat.DisplayName)+" "+statText(stat))
	}
	return strings.Join(parts, " · ")
}

func statText(stat data.QueryStat) string {
	switch stat.Unit {
	case "decbytes", "bytes":
		return bytes(stat.Value)
	case "ms":
		return duration(time.Duration(stat.Value * float64(time.Millisecond)))
	case "s":
		return duration(time.Duration(stat.Value * float64(time.Second)))
	case "currencyUSD":
		return fmt.Sprintf("$%.5f", stat.Value)
	default:
		return figureText(stat.Value)
	}
}

// printShares prints a table's rows with a bar each, as long as the row's share of the greatest value in the column.
func (t *terminal) printShares(frame *data.Frame, column string) {
	values, _ := frame.FieldByName(column)
	if values == nil || values.Len() == 0 {
		t.printTable(frame)
		return
	}
	greatest := 0.0
	for i := range values.Len() {
		if value, err := values.FloatAt(i); err == nil {
			greatest = max(greatest, value)
		}
	}
	const longest = 40
	drawn := data.NewField("", nil, make([]string, values.Len()))
	for i := range values.Len() {
		if value, err := values.FloatAt(i); err == nil && greatest > 0 {
			drawn.Set(i, strings.Repeat("█", int(math.Ceil(value/greatest*longest))))
		}
	}
	t.printTable(data.NewFrame(frame.Name, append(slices.Clone(frame.Fields), drawn)...))
}

// printPlan says who answered which part of the range, and why, where more than one leg did.
func (t *terminal) printPlan(frame *data.Frame) {
	custom, err := json.Marshal(frame.Meta.Custom)
	if err != nil {
		return
	}
	var told struct {
		Plan struct {
			Kind, Reason string
			Boundary     *struct {
				At  int64
				Why string
			}
		}
		Runs []struct {
			Service, Region string
			From, To        int64
			Rows            int64
		}
	}
	if json.Unmarshal(custom, &told) != nil || told.Plan.Boundary == nil {
		return
	}
	instant := func(millis int64) string { return time.UnixMilli(millis).UTC().Format("02 Jan 15:04:05") }
	t.labelled("kind", told.Plan.Kind+": "+told.Plan.Reason, "")
	t.labelled("seam", instant(told.Plan.Boundary.At)+" UTC, "+told.Plan.Boundary.Why, "")
	for _, run := range told.Runs {
		t.labelled("slice", fmt.Sprintf("%s to %s  %s in %s, rows: %d", instant(run.From), instant(run.To), run.Service, run.Region, run.Rows), "")
	}
}
