//! All that speaks Grafana's plugin protocol: the process and its gRPC services, settings to data sources, answers to
//! frames. Below this module nothing knows of Grafana.

pub mod answer;
pub mod data;
pub mod diagnostics;
pub mod frame;
pub mod instance;
pub mod logging;
pub mod resource;
pub mod rpc;
pub mod server;
pub mod services;
pub mod shutdown;
pub mod wire;
