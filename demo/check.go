package main

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"switchboard/tests/host/grafana"
	"switchboard/tests/host/sandbox"
)

// comparison collects how figures of a frame compare with the generator's.
type comparison struct {
	compared int
	wrong    []string
}

// equal compares one figure; numbers may differ by what rounding makes of a mean.
func (c *comparison) equal(what string, shown, counted any) {
	c.compared++
	if !same(shown, counted) {
		c.wrong = append(c.wrong, fmt.Sprintf("%s: the panel shows %v, the generator counts %v", what, shown, counted))
	}
}

// arriving compares a count that was shown with one made a moment later: of the last hours, a few contacts may have arrived
// meanwhile.
func (c *comparison) arriving(what string, shown any, counted int64, recent bool) {
	value, isNumber := number(shown)
	if recent && isNumber && math.Abs(value-float64(counted)) <= max(5, float64(counted)/100) {
		c.compared++
		return
	}
	c.equal(what, shown, counted)
}

func (c *comparison) result() (int, error) {
	if len(c.wrong) > 0 {
		return c.compared, fmt.Errorf("%d of %d figures differ; %s", len(c.wrong), c.compared, c.wrong[0])
	}
	if c.compared == 0 {
		return 0, fmt.Errorf("there is nothing to compare: the generator counts nothing in this range")
	}
	return c.compared, nil
}

func same(shown, counted any) bool {
	if instant, ok := shown.(time.Time); ok {
		other, ok := counted.(time.Time)
		return ok && instant.Equal(other)
	}
	left, isNumber := number(shown)
	right, isNumberToo := number(counted)
	if isNumber && isNumberToo {
		return math.Abs(left-right) <= 1e-9*max(1, math.Abs(left), math.Abs(right))
	}
	return fmt.Sprint(shown) == fmt.Sprint(counted)
}

func number(value any) (float64, bool) {
	switch value := value.(type) {
	case int64:
		return float64(value), true
	case int32:
		return float64(value), true
	case float64:
		return value, true
	default:
		return 0, false
	}
}

// optional is the value pointed at, or nil.
func optional[T any](value *T) any {
	if value == nil {
		return nil
	}
	return *value
}

// facts asks for the generator's figures of the panel's range. Its end is inside: macros filter with BETWEEN.
func facts[T any](ctx context.Context, world *sandbox.Sandbox, kind string, p panel) ([]T, error) {
	var counted []T
	err := world.Facts(ctx, kind, p.from, p.to.Add(time.Millisecond), &counted)
	return counted, err
}

func checkContactsByQueue(ctx context.Context, world *sandbox.Sandbox, p panel, frame *data.Frame) (int, error) {
	type queued struct {
		Time     time.Time
		Queue    string
		Contacts int64
	}
	counted, err := facts[queued](ctx, world, "contacts-by-queue", p)
	if err != nil {
		return 0, err
	}
	type place struct {
		at    int64
		queue string
	}
	shown := map[place]any{}
	times, rows := timesOf(frame), grafana.Rows(frame)
	for column, field := range frame.Fields {
		if field.Type().Time() {
			continue
		}
		for row, at := range times {
			if value := rows[row][column]; value != nil {
				shown[place{at.UnixMilli(), field.Labels["queue"]}] = value
			}
		}
	}
	var compared comparison
	compared.equal("buckets", int64(len(shown)), int64(len(counted)))
	for _, one := range counted {
		what := fmt.Sprintf("%s at %s", one.Queue, one.Time.Format("15:04"))
		compared.equal(what, shown[place{one.Time.UnixMilli(), one.Queue}], one.Contacts)
	}
	return compared.result()
}

// checkAcrossTheSeam compares half days that two legs answer.
func checkAcrossTheSeam(ctx context.Context, world *sandbox.Sandbox, p panel, frame *data.Frame) (int, error) {
	type figures struct {
		Hour         time.Time
		Contacts     int64
		Handled      int64
		QueueSeconds int64 `json:"queue_seconds"`
	}
	counted, err := facts[figures](ctx, world, "hours", p)
	if err != nil {
		return 0, err
	}
	halves := map[int64]figures{}
	for _, hour := range counted {
		at := hour.Hour.Truncate(12 * time.Hour).UnixMilli()
		half := halves[at]
		half.Contacts += hour.Contacts
		half.Handled += hour.Handled
		halves[at] = half
	}
	shown := map[int64][]any{}
	times := timesOf(frame)
	for row, values := range grafana.Rows(frame) {
		shown[times[row].UnixMilli()] = values
	}
	var compared comparison
	compared.equal("half days", int64(len(shown)), int64(len(halves)))
	recent := p.to.Add(-18 * time.Hour).UnixMilli()
	for at, half := range halves {
		row := shown[at]
		if len(row) != 5 {
			row = make([]any, 5)
		}
		name := time.UnixMilli(at).UTC().Format("2 January 15:04")
		compared.arriving("contacts on "+name, row[1], half.Contacts, at > recent)
		compared.arriving("handled on "+name, row[2], half.Handled, at > recent)
	}
	return compared.result()
}

func checkAgentsByState(ctx context.Context, world *sandbox.Sandbox, p panel, frame *data.Frame) (int, error) {
	type state struct {
		State     string
		Agents    int64
		LastEvent time.Time `json:"last_event"`
	}
	counted, err := facts[state](ctx, world, "agents-by-state", p)
	if err != nil {
		return 0, err
	}
	shown := map[any][]any{}
	for _, row := range grafana.Rows(frame) {
		shown[row[0]] = row
	}
	var compared comparison
	for _, one := range counted {
		if one.State == "Offline" {
			continue
		}
		row := shown[one.State]
		if row == nil {
			row = []any{nil, nil, nil}
		}
		compared.equal(one.State, row[1], one.Agents)
		compared.equal("last event of "+one.State, row[2], one.LastEvent)
		delete(shown, one.State)
	}
	compared.equal("further states", int64(len(shown)), int64(0))
	return compared.result()
}

func checkDays(ctx context.Context, world *sandbox.Sandbox, p panel, frame *data.Frame) (int, error) {
	type day struct {
		Day          time.Time
		Offered      int64
		ServiceLevel *float64 `json:"service_level_percent"`
		HandleTime   *float64 `json:"average_handle_seconds"`
	}
	counted, err := facts[day](ctx, world, "days", p)
	if err != nil {
		return 0, err
	}
	shown := map[int64][]any{}
	times := timesOf(frame)
	for row, values := range grafana.Rows(frame) {
		shown[times[row].UnixMilli()] = values
	}
	var compared comparison
	compared.equal("days", int64(len(shown)), int64(len(counted)))
	for _, one := range counted {
		row := shown[one.Day.UnixMilli()]
		if len(row) != 4 {
			row = make([]any, 4)
		}
		name := one.Day.Format("2 January")
		compared.equal("offered on "+name, row[1], one.Offered)
		compared.equal("service level of "+name, row[2], optional(one.ServiceLevel))
		compared.equal("handle time of "+name, row[3], optional(one.HandleTime))
	}
	return compared.result()
}

func checkLastContacts(ctx context.Context, world *sandbox.Sandbox, p panel, frame *data.Frame) (int, error) {
	type contact struct {
		Time             time.Time
		Queue            *string
		Channel          string
		Agent            *string
		QueueDuration    *int64 `json:"queue_duration"`
		Talked           *int64
		DisconnectReason string `json:"disconnect_reason"`
	}
	counted, err := facts[contact](ctx, world, "last-contacts", p)
	if err != nil {
		return 0, err
	}
	rows := grafana.Rows(frame)
	var compared comparison
	compared.equal("contacts", int64(len(rows)), int64(len(counted)))
	for i, one := range counted[:min(len(rows), len(counted))] {
		wanted := []any{
			one.Time, optional(one.Queue), one.Channel, optional(one.Agent), optional(one.QueueDuration),
			optional(one.Talked), one.DisconnectReason,
		}
		for column, value := range wanted {
			compared.equal(fmt.Sprintf("%s of contact %d", frame.Fields[column].Name, i+1), rows[i][column], value)
		}
	}
	return compared.result()
}

// timesOf are the values of the frame's time column.
func timesOf(frame *data.Frame) []time.Time {
	var times []time.Time
	for _, field := range frame.Fields {
		if !field.Type().Time() {
			continue
		}
		for i := range field.Len() {
			value, _ := field.ConcreteAt(i)
			instant, _ := value.(time.Time)
			times = append(times, instant)
		}
		break
	}
	return times
}
