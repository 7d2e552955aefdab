//! All that speaks Grafana's plugin protocol.

pub mod frame;
