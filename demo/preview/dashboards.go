package preview

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
)

// dashboard is a provisioned dashboard, as far as a list needs it.
type dashboard struct {
	UID         string   `json:"uid"`
	Title       string   `json:"title"`
	Description string   `json:"description"`
	Tags        []string `json:"tags"`

	text []byte
}

// dashboards reads the folder anew each time, so that an edited file shows at the next look.
func (s *server) dashboards() ([]dashboard, error) {
	paths, err := filepath.Glob(filepath.Join(s.folders.Dashboards, "*.json"))
	if err != nil {
		return nil, err
	}
	all := []dashboard{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		one := dashboard{text: text}
		if err := json.Unmarshal(text, &one); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		all = append(all, one)
	}
	return all, nil
}

func (s *server) listDashboards(w http.ResponseWriter, _ *http.Request) {
	all, err := s.dashboards()
	if err != nil {
		refuse(w, http.StatusInternalServerError, err.Error())
		return
	}
	answer(w, http.StatusOK, all)
}

func (s *server) dashboard(w http.ResponseWriter, r *http.Request) {
	all, err := s.dashboards()
	if err != nil {
		refuse(w, http.StatusInternalServerError, err.Error())
		return
	}
	for _, one := range all {
		if one.UID == r.PathValue("uid") {
			answer(w, http.StatusOK, json.RawMessage(one.text))
			return
		}
	}
	refuse(w, http.StatusNotFound, "There is no such dashboard.")
}
