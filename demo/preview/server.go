// Package preview serves the part of Grafana's HTTP API that a data source's pages use, over a plugin that is loaded as
// Grafana loads it, and a page that draws the bundled dashboards with Grafana's own components. It is no Grafana: it has no
// users, keeps nothing, and listens on the loopback interface alone.
package preview

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"switchboard/tests/host/grafana"
)

// largest is how long a request's body may be, in bytes: more than any statement.
const largest = 4 << 20

// Folders are where the pages and what they show were built.
type Folders struct {
	// Page holds the preview's own page.
	Page string
	// Plugin holds the plugin's module.js, as packaged.
	Plugin string
	// Dashboards holds the dashboards that are provisioned.
	Dashboards string
}

type server struct {
	plugin  *grafana.Plugin
	sources *sources
	folders Folders
}

// Handler serves the preview over the plugin and the data sources that were provisioned.
func Handler(plugin *grafana.Plugin, provisioned []*grafana.Source, folders Folders) http.Handler {
	s := &server{plugin: plugin, sources: newSources(provisioned), folders: folders}
	routes := http.NewServeMux()
	routes.HandleFunc("GET /api/datasources", s.listSources)
	routes.HandleFunc("POST /api/datasources", s.addSource)
	routes.HandleFunc("PUT /api/datasources/uid/{uid}", s.saveSource)
	routes.HandleFunc("GET /api/datasources/uid/{uid}/health", s.health)
	routes.HandleFunc("/api/datasources/uid/{uid}/resources/{path...}", s.resource)
	routes.HandleFunc("POST /api/ds/query", s.query)
	routes.HandleFunc("GET /api/dashboards", s.listDashboards)
	routes.HandleFunc("GET /api/dashboards/uid/{uid}", s.dashboard)
	routes.Handle("/public/plugins/"+grafana.PluginID+"/", files("/public/plugins/"+grafana.PluginID+"/", folders.Plugin))
	routes.HandleFunc("/favicon.ico", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/public/plugins/"+grafana.PluginID+"/img/logo.svg", http.StatusFound)
	})
	routes.HandleFunc("/api/", func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, http.StatusNotFound, "The preview has no such part of Grafana's API.")
	})
	routes.Handle("/", files("/", folders.Page))
	return guarded(routes)
}

// Serve listens on the address, or on a free port where that one is taken, tells the page's URL and serves until the
// context ends.
func Serve(ctx context.Context, address string, handler http.Handler, ready func(url string)) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil || !isLoopback(host) {
		return fmt.Errorf("the preview listens on the loopback interface alone, such as 127.0.0.1:3333: not on %s", address)
	}
	listener, err := net.Listen("tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		listener, err = net.Listen("tcp", net.JoinHostPort(host, "0"))
	}
	if err != nil {
		return err
	}
	service := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- service.Serve(listener) }()
	ready("http://" + listener.Addr().String() + "/")
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		return service.Close()
	}
}

// files serves a folder's files, without listings. Builds change under a browser's feet, so it asks each time.
func files(prefix, folder string) http.Handler {
	inner := http.StripPrefix(prefix, http.FileServer(http.Dir(folder)))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/") && r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Cache-Control", "no-cache")
		inner.ServeHTTP(w, r)
	})
}

func (s *server) listSources(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, s.sources.list())
}

func (s *server) addSource(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, s.sources.add())
}

func (s *server) saveSource(w http.ResponseWriter, r *http.Request) {
	var change change
	if err := readJSON(r, &change); err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	saved, err := s.sources.save(r.PathValue("uid"), change)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	answer(w, http.StatusOK, saved)
}

// health answers as Grafana does: 400 where something is wrong.
func (s *server) health(w http.ResponseWriter, r *http.Request) {
	source, known := s.sources.find(r.PathValue("uid"))
	if !known {
		refuse(w, http.StatusNotFound, "There is no such data source.")
		return
	}
	found, err := s.plugin.Health(r.Context(), source)
	if err != nil {
		refuse(w, http.StatusInternalServerError, err.Error())
		return
	}
	status := http.StatusOK
	if found.Status != backend.HealthStatusOk {
		status = http.StatusBadRequest
	}
	body := map[string]any{"status": found.Status.String(), "message": found.Message}
	if len(found.JSONDetails) > 0 {
		body["details"] = json.RawMessage(found.JSONDetails)
	}
	answer(w, status, body)
}

func (s *server) resource(w http.ResponseWriter, r *http.Request) {
	source, known := s.sources.find(r.PathValue("uid"))
	if !known {
		refuse(w, http.StatusNotFound, "There is no such data source.")
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, largest))
	if err != nil {
		refuse(w, http.StatusRequestEntityTooLarge, "The request is too long.")
		return
	}
	target := r.PathValue("path")
	if r.URL.RawQuery != "" {
		target += "?" + r.URL.RawQuery
	}
	answered, err := s.plugin.CallResource(r.Context(), source, grafana.ResourceCall{
		Method: r.Method, Target: target, Body: body,
		Headers: map[string][]string{"Content-Type": {"application/json"}},
	})
	if err != nil {
		refuse(w, http.StatusInternalServerError, err.Error())
		return
	}
	for name, values := range answered.Headers {
		w.Header()[http.CanonicalHeaderKey(name)] = values
	}
	w.WriteHeader(answered.Status)
	_, _ = w.Write(answered.Body)
}

func readJSON(r *http.Request, into any) error {
	text, err := io.ReadAll(io.LimitReader(r.Body, largest+1))
	if err != nil {
		return err
	}
	if len(text) > largest {
		return errors.New("the request is too long")
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("the request is not the JSON that is needed: %w", err)
	}
	return nil
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// refuse answers an error as Grafana words it.
func refuse(w http.ResponseWriter, status int, message string) {
	answer(w, status, map[string]string{"message": message})
}
