package main

import (
	"context"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"switchboard/tests/host/sandbox"
)

// panel is one panel of the demo's dashboard.
type panel struct {
	title    string
	leg      string
	format   string
	sql      string
	from, to time.Time
	// print shows the frame.
	print func(t *terminal, frame *data.Frame)
	// check compares the frame with the generator's own figures and answers how many it compared.
	check func(ctx context.Context, world *sandbox.Sandbox, p panel, frame *data.Frame) (int, error)
}

func (p panel) legText() string {
	switch p.leg {
	case "realtime":
		return "real-time leg: Timestream, eu-west-1"
	case "historical":
		return "historical leg: Athena, eu-west-2"
	default:
		return "both legs, one answer"
	}
}

// panels are the demo's, as of now, over so many days of history.
func panels(now time.Time, days int) []panel {
	midnight := now.UTC().Truncate(24 * time.Hour)
	return []panel{
		{
			title:  "Contacts and time in queue, every 12 hours, across the seam",
			leg:    "auto",
			format: "table",
			from:   midnight.AddDate(0, 0, -min(4, days-1)),
			to:     now,
			sql: `SELECT $__timeGroup(12h) AS time, count(*) AS contacts, count_if(handled) AS handled,
  avg(queue_duration) AS "time in queue, s", $__percentile(queue_duration, 0.95) AS "p95, s"
FROM $__dataset(contacts)
GROUP BY 1 ORDER BY 1`,
			print: func(t *terminal, frame *data.Frame) { t.printTable(frame) },
			check: checkAcrossTheSeam,
		},
		{
			title:  "Contacts by queue, every 5 minutes",
			leg:    "realtime",
			format: "time_series",
			from:   now.Add(-3 * time.Hour).Truncate(5 * time.Minute),
			to:     now,
			sql: `SELECT bin(time, 5m) AS time, queue, count(*) AS contacts
FROM connect.contact_events
WHERE $__timeFilter AND event_type = 'QUEUED'
GROUP BY 1, 2 ORDER BY 1, 2`,
			print: func(t *terminal, frame *data.Frame) { t.printSeries(frame, "queue", true) },
			check: checkContactsByQueue,
		},
		{
			title:  "Agents by state, now",
			leg:    "realtime",
			format: "table",
			from:   now.Add(-16 * time.Hour),
			to:     now,
			sql: `WITH latest AS (
  SELECT agent, max_by(activity, time) AS state, max(time) AS seen
  FROM connect.agent_events
  WHERE $__timeFilter
  GROUP BY agent)
SELECT state, count(*) AS agents, max(seen) AS last_event
FROM latest WHERE state <> 'Offline'
GROUP BY 1 ORDER BY 2 DESC, 1`,
			print: func(t *terminal, frame *data.Frame) { t.printShares(frame, "agents") },
			check: checkAgentsByState,
		},
		{
			title:  "Service level and handle time, every day",
			leg:    "historical",
			format: "time_series",
			from:   midnight.AddDate(0, 0, -days),
			to:     midnight.Add(-time.Millisecond),
			sql: `SELECT date_trunc('day', initiationtimestamp) AS time,
  count(queue.name) AS offered,
  100e0 * count_if(agent.username IS NOT NULL AND queue.duration <= 20) / count(queue.name) AS "answered in 20 s, %",
  avg(agent.agentinteractionduration + agent.customerholdduration
    + agent.aftercontactworkduration) AS "handle time, s"
FROM contact_latest
WHERE $__timeFilter(initiationtimestamp)
GROUP BY 1 ORDER BY 1`,
			print: func(t *terminal, frame *data.Frame) { t.printSeries(frame, "per day", false) },
			check: checkDays,
		},
		{
			title:  "The last 20 contacts",
			leg:    "realtime",
			format: "table",
			from:   now.Add(-6 * time.Hour),
			to:     now,
			sql: `SELECT time, queue, channel, agent, queue_duration AS waited_s,
  interaction_duration + hold_duration AS talked_s, disconnect_reason
FROM connect.contact_records
WHERE $__timeFilter
ORDER BY time DESC, contact_id LIMIT 20`,
			print: func(t *terminal, frame *data.Frame) { t.printTable(frame) },
			check: checkLastContacts,
		},
	}
}
