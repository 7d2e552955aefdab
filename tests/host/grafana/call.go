package grafana

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/genproto/pluginv2"
)

// PluginID is the id in plugin.json.
const PluginID = "switchboard-connect-datasource"

// Query is one query of a panel.
type Query struct {
	// RefID names the query within its panel; "A" unless set.
	RefID string
	// JSON is the query as a dashboard saves it: a struct, a map, or json.RawMessage to send bytes as they are.
	JSON any
	// From and To are the panel's range.
	From, To time.Time
	// Interval is Grafana's suggestion for the width of a point; a minute unless set.
	Interval time.Duration
	// MaxDataPoints is how many points fit into the panel; 1000 unless set.
	MaxDataPoints int64
}

// Query sends the queries of one panel in one request and decodes the frames of every answer. A query that failed has
// its error in its own response; the error here is the whole call's.
func (p *Plugin) Query(ctx context.Context, source *Source, queries ...Query) (backend.Responses, error) {
	return p.QueryWithHeaders(ctx, source, nil, queries...)
}

// QueryWithHeaders is Query with the request headers that Grafana forwards, such as FromAlert.
func (p *Plugin) QueryWithHeaders(ctx context.Context, source *Source, headers map[string]string, queries ...Query) (backend.Responses, error) {
	request := &backend.QueryDataRequest{PluginContext: source.context(), Headers: headers}
	for _, query := range queries {
		converted, err := query.convert()
		if err != nil {
			return nil, err
		}
		request.Queries = append(request.Queries, converted)
	}
	answer, err := p.data.QueryData(ctx, backend.ToProto().QueryDataRequest(request))
	if err != nil {
		return nil, err
	}
	decoded, err := backend.FromProto().QueryDataResponse(answer)
	if err != nil {
		return nil, fmt.Errorf("the official SDK cannot decode the frames: %w", err)
	}
	return decoded.Responses, nil
}

func (q Query) convert() (backend.DataQuery, error) {
	if q.RefID == "" {
		q.RefID = "A"
	}
	if q.Interval == 0 {
		q.Interval = time.Minute
	}
	if q.MaxDataPoints == 0 {
		q.MaxDataPoints = 1000
	}
	body, raw := q.JSON.(json.RawMessage)
	if !raw {
		var err error
		if body, err = json.Marshal(q.JSON); err != nil {
			return backend.DataQuery{}, fmt.Errorf("query %s: %w", q.RefID, err)
		}
	}
	return backend.DataQuery{
		RefID:         q.RefID,
		JSON:          body,
		TimeRange:     backend.TimeRange{From: q.From, To: q.To},
		Interval:      q.Interval,
		MaxDataPoints: q.MaxDataPoints,
	}, nil
}

// Health runs the data source's health check, as "Save & test" does.
func (p *Plugin) Health(ctx context.Context, source *Source) (*backend.CheckHealthResult, error) {
	answer, err := p.diagnostics.CheckHealth(ctx, &pluginv2.CheckHealthRequest{
		PluginContext: backend.ToProto().PluginContext(source.context()),
	})
	if err != nil {
		return nil, err
	}
	return backend.FromProto().CheckHealthResponse(answer), nil
}

// Metrics is what the plugin tells a Prometheus that scrapes Grafana.
func (p *Plugin) Metrics(ctx context.Context) (string, error) {
	answer, err := p.diagnostics.CollectMetrics(ctx, &pluginv2.CollectMetricsRequest{})
	if err != nil {
		return "", err
	}
	return string(answer.GetMetrics().GetPrometheus()), nil
}

// Resource calls a resource path, as the query editor does. target is the path with its parameters, such as
// `realtime/tables?database=connect`.
func (p *Plugin) Resource(ctx context.Context, source *Source, target string) (status int, body []byte, err error) {
	answer, err := p.CallResource(ctx, source, ResourceCall{Method: "GET", Target: target})
	return answer.Status, answer.Body, err
}

// PostResource posts to a resource path.
func (p *Plugin) PostResource(ctx context.Context, source *Source, target string, posted []byte) (status int, body []byte, err error) {
	answer, err := p.CallResource(ctx, source, ResourceCall{Method: "POST", Target: target, Body: posted})
	return answer.Status, answer.Body, err
}

// ResourceCall is a call of a resource as a browser makes it.
type ResourceCall struct {
	Method string
	// Target is the path with its parameters.
	Target  string
	Headers map[string][]string
	Body    []byte
}

// ResourceAnswer is what a resource answers.
type ResourceAnswer struct {
	Status  int
	Headers map[string][]string
	Body    []byte
}

// CallResource calls a resource by any method.
func (p *Plugin) CallResource(ctx context.Context, source *Source, call ResourceCall) (ResourceAnswer, error) {
	path, _, _ := strings.Cut(call.Target, "?")
	headers := map[string]*pluginv2.StringList{}
	for name, values := range call.Headers {
		headers[name] = &pluginv2.StringList{Values: values}
	}
	stream, err := p.resource.CallResource(ctx, &pluginv2.CallResourceRequest{
		PluginContext: backend.ToProto().PluginContext(source.context()),
		Path:          path,
		Method:        call.Method,
		Url:           call.Target,
		Headers:       headers,
		Body:          call.Body,
	})
	if err != nil {
		return ResourceAnswer{}, err
	}
	answer := ResourceAnswer{Headers: map[string][]string{}}
	for {
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return answer, nil
		}
		if err != nil {
			return ResourceAnswer{}, err
		}
		if part.Code != 0 {
			answer.Status = int(part.Code)
		}
		for name, values := range part.Headers {
			answer.Headers[name] = values.GetValues()
		}
		answer.Body = append(answer.Body, part.Body...)
	}
}
