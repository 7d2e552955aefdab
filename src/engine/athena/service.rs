//! The SDK's client, with expired credentials renewed and failures told as ours.

use std::sync::Arc;

use async_trait::async_trait;
use aws_config::{SdkConfig, retry::RetryConfig};
use aws_sdk_athena::{Client, config::Builder, types::QueryExecution};
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use futures::FutureExt;

use super::{error::refine, poller::StatusSource};
use crate::{
    aws::{Call, CredentialCache, translate},
    error::{Error, ErrorKind, Result},
    settings::Historical,
};

/// Athena in one region, as one identity.
#[derive(Debug)]
pub(super) struct Service {
    client: Client,
    credentials: CredentialCache,
    region: String,
    endpoint: String,
}

impl Service {
    /// A client for the leg as configured, signing with what `credentials` keeps for `config`.
    pub(super) fn new(config: &SdkConfig, credentials: CredentialCache, settings: &Historical) -> Self {
        let mut builder = Builder::from(config);
        builder.set_endpoint_url(settings.endpoint.clone());
        Self {
            client: Client::from_conf(builder.build()),
            credentials,
            region: settings.region.clone(),
            endpoint: settings.endpoint.clone().unwrap_or_else(|| regional_endpoint(&settings.region)),
        }
    }

    /// The region it asks in.
    pub(super) fn region(&self) -> &str {
        &self.region
    }

    /// The endpoint it asks.
    pub(super) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Makes a call that needs `action` on `resource`. Credentials that have expired are loaded anew, once.
    ///
    /// # Errors
    ///
    /// What AWS answers, translated.
    pub(super) async fn call<T, E, F>(
        &self,
        action: &str,
        resource: Option<&str>,
        call: impl Fn(Client) -> F + Send + Sync,
    ) -> Result<T>
    where
        T: Send,
        E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>> + Send,
        SdkError<E, HttpResponse>: ProvideErrorMetadata,
    {
        // Boxed, because the SDK's futures are nested deeply, and what nests them further would be too deep to compile.
        let answer = self.credentials.retry_expired(|| call(self.client.clone())).boxed().await;
        answer.map_err(|error| {
            let call = Call { service: "Athena", action, region: &self.region, endpoint: &self.endpoint, resource };
            refine(translate(&call, &error), resource, &self.region)
        })
    }
}

/// The poller's own pace replaces the SDK's retries: a throttled look is better made again a little later, together with all
/// others.
fn once() -> Builder {
    Builder::new().retry_config(RetryConfig::disabled())
}

#[async_trait]
impl StatusSource for Service {
    async fn batch(&self, ids: &[String]) -> Result<Vec<QueryExecution>> {
        let answer = self
            .call("athena:BatchGetQueryExecution", None, |client| {
                client
                    .batch_get_query_execution()
                    .set_query_execution_ids(Some(ids.to_vec()))
                    .customize()
                    .config_override(once())
                    .send()
            })
            .await?;
        Ok(answer.query_executions.unwrap_or_default())
    }

    async fn single(&self, id: &str) -> Result<QueryExecution> {
        let answer = self
            .call("athena:GetQueryExecution", None, |client| {
                client.get_query_execution().query_execution_id(id).customize().config_override(once()).send()
            })
            .await?;
        answer.query_execution.ok_or_else(|| {
            Error::new(ErrorKind::Unavailable, "Athena answered without saying how the query is. Run the panel again.")
        })
    }
}

/// A shared [`Service`], for tasks that outlive a run.
pub(super) type SharedService = Arc<Service>;

fn regional_endpoint(region: &str) -> String {
    let suffix = if region.starts_with("cn-") { ".cn" } else { "" };
    format!("https://athena.{region}.amazonaws.com{suffix}")
}
