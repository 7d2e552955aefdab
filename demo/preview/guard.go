package preview

import (
	"mime"
	"net"
	"net/http"
	"net/url"
)

// policy keeps the page to what this server gives out. Grafana's components write styles into the page, draw into data URLs
// and start Monaco's workers.
const policy = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; " +
	"worker-src 'self' blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

// guarded answers only what a page of this very server asks. The data sources hold credentials, so another site must not
// reach them: neither by a name of its own that leads here (the Host header tells), nor by a form or a script (a browser
// sends JSON across sites only with a permission that this server never gives).
func guarded(inner http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isLoopback(r.Host) {
			refuse(w, http.StatusForbidden, "The preview answers on the loopback interface alone: open it by 127.0.0.1.")
			return
		}
		if origin := r.Header.Get("Origin"); origin != "" && !isOwn(origin, r.Host) {
			refuse(w, http.StatusForbidden, "The preview answers its own pages alone.")
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead && !isJSON(r.Header.Get("Content-Type")) {
			refuse(w, http.StatusUnsupportedMediaType, "The preview takes JSON alone.")
			return
		}
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Referrer-Policy", "no-referrer")
		inner.ServeHTTP(w, r)
	})
}

func isLoopback(host string) bool {
	name := host
	if without, _, err := net.SplitHostPort(host); err == nil {
		name = without
	}
	address := net.ParseIP(name)
	return name == "localhost" || address != nil && address.IsLoopback()
}

func isOwn(origin, host string) bool {
	parsed, err := url.Parse(origin)
	return err == nil && parsed.Scheme == "http" && parsed.Host == host
}

func isJSON(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	return err == nil && kind == "application/json"
}
