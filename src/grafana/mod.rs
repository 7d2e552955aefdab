//! All that speaks Grafana's plugin protocol.
