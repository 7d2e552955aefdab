//! The gRPC services of the plugin: which method is answered by what.

use std::sync::Arc;

use grafana_plugin_sdk::pluginv2::{CollectMetricsResponse, collect_metrics_response::Payload};
use tonic::codegen::http;

use super::{
    data, diagnostics,
    instance::Instances,
    resource,
    rpc::{Methods, Reply, RequestBody, stream_of_one, unary, unimplemented},
    server::PATIENCE,
    shutdown::Shutdown,
    wire::{CallResourceRequest, CheckHealthRequest, Empty, QueryDataRequest},
};
use crate::metrics::Metrics;

/// What all services share.
#[derive(Clone)]
pub struct Plugin {
    /// The connected data sources.
    pub instances: Arc<Instances>,
    /// The process's counters.
    pub metrics: Arc<Metrics>,
    /// The process's end.
    pub shutdown: Shutdown,
}

impl Plugin {
    /// A plugin that nobody has asked anything yet.
    #[must_use]
    pub fn new(shutdown: Shutdown) -> Self {
        let metrics = Arc::new(Metrics::default());
        Self { instances: Arc::new(Instances::new(Arc::clone(&metrics))), metrics, shutdown }
    }
}

/// `pluginv2.Data`: panel queries.
pub struct Data(pub Plugin);

impl Methods for Data {
    const SERVICE: &'static str = "pluginv2.Data";

    fn call<B: RequestBody>(self: Arc<Self>, method: &str, request: http::Request<B>) -> Reply {
        let Plugin { instances, metrics, shutdown } = self.0.clone();
        match method {
            "QueryData" => unary(&shutdown, request, move |message: QueryDataRequest| async move {
                Ok(data::query(&instances, &metrics, message).await)
            }),
            _ => unimplemented(),
        }
    }
}

/// `pluginv2.Resource`: lists for editors.
pub struct Resource(pub Plugin);

impl Methods for Resource {
    const SERVICE: &'static str = "pluginv2.Resource";

    fn call<B: RequestBody>(self: Arc<Self>, method: &str, request: http::Request<B>) -> Reply {
        let Plugin { instances, shutdown, .. } = self.0.clone();
        match method {
            "CallResource" => stream_of_one(&shutdown, request, move |message: CallResourceRequest| async move {
                Ok(resource::call(&instances, &message).await)
            }),
            _ => unimplemented(),
        }
    }
}

/// `pluginv2.Diagnostics`: health and metrics.
pub struct Diagnostics(pub Plugin);

impl Methods for Diagnostics {
    const SERVICE: &'static str = "pluginv2.Diagnostics";

    fn call<B: RequestBody>(self: Arc<Self>, method: &str, request: http::Request<B>) -> Reply {
        let Plugin { instances, metrics, shutdown } = self.0.clone();
        match method {
            "CheckHealth" => unary(&shutdown, request, move |message: CheckHealthRequest| async move {
                Ok(diagnostics::check(&instances, &message).await)
            }),
            // The request's context is not read: the counters are the process's.
            "CollectMetrics" => unary(&shutdown, request, move |_: Empty| async move {
                let payload = Payload { prometheus: metrics.encode().into_bytes() };
                Ok(CollectMetricsResponse { metrics: Some(payload) })
            }),
            _ => unimplemented(),
        }
    }
}

/// `plugin.GRPCController`: how the host of a go-plugin ends it.
pub struct Controller(pub Shutdown);

impl Methods for Controller {
    const SERVICE: &'static str = "plugin.GRPCController";

    fn call<B: RequestBody>(self: Arc<Self>, method: &str, request: http::Request<B>) -> Reply {
        let shutdown = self.0.clone();
        match method {
            // Counted as in flight nowhere, since it waits for those that are. The host hangs up on the answer.
            "Shutdown" => unary(&Shutdown::default(), request, move |_: Empty| async move {
                tracing::debug!("The host asks for the end.");
                shutdown.begin();
                shutdown.drained(PATIENCE).await;
                Ok(Empty {})
            }),
            _ => unimplemented(),
        }
    }
}
