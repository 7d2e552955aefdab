package preview

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"switchboard/tests/host/grafana"
)

// forwarded are the request headers that Grafana hands on with queries: where on a dashboard they come from.
var forwarded = []string{"X-Dashboard-Uid", "X-Panel-Id", "X-Query-Group-Id"}

// asked is the body of /api/ds/query.
type asked struct {
	From    string            `json:"from"`
	To      string            `json:"to"`
	Queries []json.RawMessage `json:"queries"`
}

// target is what Grafana itself reads of a query; the plugin gets the whole.
type target struct {
	RefID         string  `json:"refId"`
	IntervalMs    float64 `json:"intervalMs"`
	MaxDataPoints int64   `json:"maxDataPoints"`
	Datasource    struct {
		UID string `json:"uid"`
	} `json:"datasource"`
}

// query answers the queries of one panel, all of one data source, in the shape of Grafana's API.
func (s *server) query(w http.ResponseWriter, r *http.Request) {
	var body asked
	if err := readJSON(r, &body); err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	source, queries, err := s.prepare(body)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	headers := map[string]string{}
	for _, name := range forwarded {
		if value := r.Header.Get(name); value != "" {
			headers["http_"+name] = value
		}
	}
	answers, err := s.plugin.QueryWithHeaders(r.Context(), source, headers, queries...)
	if err != nil {
		refuse(w, http.StatusInternalServerError, err.Error())
		return
	}
	text, err := (&backend.QueryDataResponse{Responses: answers}).MarshalJSON()
	if err != nil {
		refuse(w, http.StatusInternalServerError, err.Error())
		return
	}
	status := http.StatusOK
	for _, answer := range answers {
		if answer.Error != nil {
			status = http.StatusBadRequest
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(text)
}

func (s *server) prepare(body asked) (*grafana.Source, []grafana.Query, error) {
	from, fromErr := instant(body.From)
	to, toErr := instant(body.To)
	if err := errors.Join(fromErr, toErr); err != nil {
		return nil, nil, err
	}
	var source *grafana.Source
	var queries []grafana.Query
	for _, raw := range body.Queries {
		var one target
		if err := json.Unmarshal(raw, &one); err != nil {
			return nil, nil, fmt.Errorf("a query is not an object: %w", err)
		}
		found, known := s.sources.find(one.Datasource.UID)
		if !known {
			return nil, nil, fmt.Errorf("there is no data source %q", one.Datasource.UID)
		}
		if source != nil && source != found {
			return nil, nil, errors.New("the queries of one request must have one data source")
		}
		source = found
		queries = append(queries, grafana.Query{
			RefID: one.RefID, JSON: raw, From: from, To: to, MaxDataPoints: one.MaxDataPoints,
			Interval: time.Duration(one.IntervalMs * float64(time.Millisecond)),
		})
	}
	if source == nil {
		return nil, nil, errors.New("there is no query in the request")
	}
	return source, queries, nil
}

// instant reads milliseconds since the epoch.
func instant(text string) (time.Time, error) {
	millis, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is not a time in milliseconds", text)
	}
	return time.UnixMilli(millis).UTC(), nil
}
