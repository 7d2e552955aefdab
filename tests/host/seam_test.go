package host_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"switchboard/tests/host/grafana"
	"switchboard/tests/host/sandbox"
)

// hour is what the generator counts of the contacts that began in an hour, by queue, whichever leg shows them.
type hour struct {
	Hour         time.Time
	Queue        *string
	Contacts     int64
	Handled      int64
	QueueSeconds int64 `json:"queue_seconds"`
}

func (h hour) queue() string {
	if h.Queue == nil {
		return ""
	}
	return *h.Queue
}

// seamWorld has a month of history. Its events keep arriving while tests run.
func seamWorld(t *testing.T) *sandbox.Sandbox {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	world, err := sandbox.Start(ctx, sandboxBinary, sandbox.Options{Agents: 60, Days: 31, Arguments: []string{"--fast"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(world.Stop)
	return world
}

func factsOf(t *testing.T, world *sandbox.Sandbox, from, to time.Time) []hour {
	t.Helper()
	var counted []hour
	if err := world.Facts(within(t, time.Minute), "hours", from, to, &counted); err != nil {
		t.Fatal(err)
	}
	return counted
}

// sums adds figures up by a key.
func sums(counted []hour, key func(hour) string) map[string]hour {
	by := map[string]hour{}
	for _, one := range counted {
		sum := by[key(one)]
		sum.Contacts += one.Contacts
		sum.Handled += one.Handled
		sum.QueueSeconds += one.QueueSeconds
		by[key(one)] = sum
	}
	return by
}

// figures are the contacts, the handled and the seconds in the queue that a panel shows, by a key.
type figures map[string][3]int64

// between holds what a panel shows against what the generator counted before and after it was asked: contacts whose record
// arrives meanwhile may be in it or not.
func (f figures) between(t *testing.T, what string, before, after map[string]hour) {
	t.Helper()
	if len(f) == 0 || len(f) < len(before) || len(f) > len(after) {
		t.Errorf("%s: the panel shows %d groups, the generator counts %d before and %d after", what, len(f), len(before), len(after))
	}
	for key, shown := range f {
		low, high := before[key], after[key]
		for i, pair := range [][2]int64{{low.Contacts, high.Contacts}, {low.Handled, high.Handled}, {low.QueueSeconds, high.QueueSeconds}} {
			if shown[i] < pair[0] || shown[i] > pair[1] {
				t.Errorf("%s, %s: figure %d is %d, the generator counts %d before and %d after", what, key, i, shown[i], pair[0], pair[1])
			}
		}
	}
}

func TestPanelsAcrossTheSeamAgreeWithTheGenerator(t *testing.T) {
	plugin, world := start(t), seamWorld(t)
	source := sourceOf(t, world)
	both := []string{"historical", "realtime"}
	for _, days := range []int{1, 7, 30} {
		// The second round of a long answer is read in several slices.
		for round := range 2 {
			// A range of Grafana's ends at any millisecond.
			to := time.Now().UTC().Truncate(time.Millisecond)
			from := to.AddDate(0, 0, -days)
			whole := from.Truncate(time.Hour)
			what := fmt.Sprintf("%d days, round %d", days, round)

			before := factsOf(t, world, from, to)
			wholeBefore := factsOf(t, world, whole, to)
			answers, err := ask(within(t, time.Minute), plugin, source, from, to,
				panel{Route: "auto", SQL: `SELECT $__timeGroup(1h) AS time, queue, count(*) AS contacts, count_if(handled) AS handled,
					sum(queue_duration) AS waited FROM $__dataset(contacts) GROUP BY 1, 2 ORDER BY 1, 2`},
				panel{Route: "auto", SQL: `SELECT queue, count(*) AS contacts, count_if(handled) AS handled, sum(queue_duration) AS waited,
					avg(queue_duration) AS mean FROM $__dataset(contacts) GROUP BY queue ORDER BY contacts DESC`},
				panel{Route: "auto", SQL: `SELECT time, contact_id, queue, handled, queue_duration FROM $__dataset(contacts) ORDER BY time, contact_id`},
				panel{Route: "auto", SQL: `SELECT time, contact_id FROM $__dataset(contacts) ORDER BY time DESC, contact_id LIMIT 30`},
			)
			if err != nil {
				t.Fatal(err)
			}
			wholeAfter := factsOf(t, world, whole, to.Add(time.Hour))
			after := factsOf(t, world, from, to)

			byHour := func(one hour) string { return one.Hour.Format(time.RFC3339) + " " + one.queue() }
			byQueue := func(one hour) string { return one.queue() }

			buckets := frame(t, answers["A"])
			if legs := slicesOf(t, buckets); !slices.Equal(legs, both) {
				t.Errorf("%s: the buckets are answered by %v", what, legs)
			}
			shown := figures{}
			for _, row := range grafana.Rows(buckets) {
				at := row[0].(time.Time).UTC()
				shown[at.Format(time.RFC3339)+" "+text(row[1])] = [3]int64{integer(row[2]), integer(row[3]), integer(row[4])}
			}
			shown.between(t, what+", buckets", sums(wholeBefore, byHour), sums(wholeAfter, byHour))

			totals := frame(t, answers["B"])
			if legs := slicesOf(t, totals); !slices.Equal(legs, both) {
				t.Errorf("%s: the totals are answered by %v", what, legs)
			}
			shown = figures{}
			for _, row := range grafana.Rows(totals) {
				shown[text(row[0])] = [3]int64{integer(row[1]), integer(row[2]), integer(row[3])}
				if waited, mean := row[3], row[4]; waited != nil && math.Abs(mean.(float64)*float64(integer(row[1]))-float64(integer(waited))) > 1e-6*float64(integer(waited))+1e-9 {
					t.Errorf("%s: the mean %v does not fit %v seconds of %v contacts", what, mean, waited, row[1])
				}
			}
			shown.between(t, what+", totals", sums(before, byQueue), sums(after, byQueue))

			rows := frame(t, answers["C"])
			seen, last := map[string]bool{}, time.Time{}
			shown = figures{}
			for _, row := range grafana.Rows(rows) {
				id, at := text(row[1]), row[0].(time.Time)
				if seen[id] {
					t.Errorf("%s: contact %s is listed twice", what, id)
				}
				if at.Before(last) || at.Before(from) || !at.Before(to) {
					t.Errorf("%s: contact %s at %s is out of order or out of range", what, id, at)
				}
				seen[id], last = true, at
				sum := shown[text(row[2])]
				sum[0]++
				if row[3] == true {
					sum[1]++
				}
				sum[2] += integer(row[4])
				shown[text(row[2])] = sum
			}
			shown.between(t, what+", rows", sums(before, byQueue), sums(after, byQueue))

			newest, all := grafana.Rows(frame(t, answers["D"])), grafana.Rows(rows)
			if len(newest) != 30 || !newest[0][0].(time.Time).Equal(all[len(all)-1][0].(time.Time)) {
				t.Errorf("%s: the newest 30 are %d rows from %v, and the newest of all is at %v", what, len(newest), newest[0][0], all[len(all)-1][0])
			}
			if testing.Short() {
				break
			}
			time.Sleep(700 * time.Millisecond)
		}
	}
}
