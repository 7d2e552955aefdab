//! Where credentials come from, and a cache of them that can be emptied when AWS says that they have expired.
//!
//! Providers that read files are built anew for every load: the SDK's own remember the first reading for good, so a
//! credentials file renewed by `aws sso login` or a sidecar would be noticed only by a restart.

use std::{
    future::Future,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use aws_config::{
    Region, SdkConfig,
    default_provider::credentials::DefaultCredentialsChain,
    identity::IdentityCache,
    imds::{self, credentials::ImdsCredentialsProvider},
    profile::ProfileFileCredentialsProvider,
    provider_config::ProviderConfig,
    sts::AssumeRoleProvider,
};
use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider, error::CredentialsError, future},
};
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_smithy_runtime_api::client::{
    identity::{IdentityFuture, ResolveCachedIdentity, SharedIdentityCache, SharedIdentityResolver},
    orchestrator::HttpResponse,
    result::SdkError,
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::{config_bag::ConfigBag, error::metadata::ProvideErrorMetadata};

use super::failure::{Call, find_cause, is_expired_credentials, translate};
use crate::settings::{AssumeRole, AuthProvider};

/// Where there is no instance metadata service, its address swallows packets: ask briefly, and twice.
const IMDS_TIMEOUT: Duration = Duration::from_secs(1);
const IMDS_ATTEMPTS: u32 = 2;
/// The longest that loading credentials may hold a query up, role included.
const LOAD_TIMEOUT: Duration = Duration::from_secs(20);
/// What CloudTrail shows as the session of an assumed role.
const SESSION_NAME: &str = "switchboard";

/// The provider of base credentials, as configured.
pub(super) fn base(provider: &AuthProvider, region: &Region) -> SharedCredentialsProvider {
    let config = ProviderConfig::without_region().with_region(Some(region.clone()));
    match provider {
        AuthProvider::Keys { access_key, secret_key, session_token } => {
            SharedCredentialsProvider::new(Credentials::new(
                access_key.expose(),
                secret_key.expose(),
                session_token.as_ref().map(|token| token.expose().to_owned()),
                None,
                "data source settings",
            ))
        }
        AuthProvider::Default => SharedCredentialsProvider::new(Anew::Chain(config, region.clone())),
        AuthProvider::Profile { name } => SharedCredentialsProvider::new(Anew::Profile(config, name.clone())),
        AuthProvider::InstanceRole => SharedCredentialsProvider::new(
            ImdsCredentialsProvider::builder().configure(&config).imds_client(imds_client(&config)).build(),
        ),
    }
}

/// Credentials of `role`, assumed with those of `base`; STS is asked where `base` says.
pub(super) async fn assume(role: &AssumeRole, session: Duration, base: &SdkConfig) -> SharedCredentialsProvider {
    let mut builder =
        AssumeRoleProvider::builder(&role.arn).configure(base).session_name(SESSION_NAME).session_length(session);
    if let Some(external_id) = &role.external_id {
        builder = builder.external_id(external_id);
    }
    let provider = builder.build().await;
    let region = base.region().map(ToString::to_string).unwrap_or_default();
    let endpoint = base.endpoint_url().map_or_else(|| format!("https://sts.{region}.amazonaws.com"), str::to_owned);
    SharedCredentialsProvider::new(Assumed { role: role.arn.clone(), region, endpoint, provider })
}

fn imds_client(config: &ProviderConfig) -> imds::Client {
    imds::Client::builder()
        .configure(config)
        .max_attempts(IMDS_ATTEMPTS)
        .connect_timeout(IMDS_TIMEOUT)
        .read_timeout(IMDS_TIMEOUT)
        .build()
}

/// A provider that is built for every load. It is loaded rarely: [`CredentialCache`] stands before it.
#[derive(Debug)]
enum Anew {
    Chain(ProviderConfig, Region),
    Profile(ProviderConfig, Option<String>),
}

impl Anew {
    async fn load(&self) -> Result<Credentials, CredentialsError> {
        match self {
            Self::Chain(config, region) => {
                DefaultCredentialsChain::builder()
                    .configure(config.clone())
                    .region(region.clone())
                    .imds_client(imds_client(config))
                    .build()
                    .await
                    .provide_credentials()
                    .await
            }
            Self::Profile(config, name) => {
                let mut builder = ProfileFileCredentialsProvider::builder().configure(config);
                if let Some(name) = name {
                    builder = builder.profile_name(name);
                }
                builder.build().provide_credentials().await.map_err(|error| match error {
                    CredentialsError::CredentialsNotLoaded(_) => CredentialsError::not_loaded(format!(
                        "profile '{}' with credentials in ~/.aws/credentials or ~/.aws/config (or where \
                         AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE say)",
                        name.as_deref().unwrap_or("default")
                    )),
                    error => error,
                })
            }
        }
    }
}

impl ProvideCredentials for Anew {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.load())
    }
}

/// An assumed role, whose failures name the role and say what to do.
#[derive(Debug)]
struct Assumed {
    role: String,
    region: String,
    endpoint: String,
    provider: AssumeRoleProvider,
}

impl Assumed {
    async fn load(&self) -> Result<Credentials, CredentialsError> {
        self.provider.provide_credentials().await.map_err(|error| {
            let call = Call {
                service: "STS",
                action: "sts:AssumeRole",
                region: &self.region,
                endpoint: &self.endpoint,
                resource: Some(&self.role),
            };
            match find_cause::<SdkError<AssumeRoleError, HttpResponse>>(&error) {
                Some(refused) => CredentialsError::provider_error(translate(&call, refused)),
                None => error,
            }
        })
    }
}

impl ProvideCredentials for Assumed {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.load())
    }
}

/// The credentials that a client signs with, kept until they expire or [`Self::retry_expired`] throws them away.
///
/// Cloning shares the cache.
#[derive(Debug, Clone)]
pub struct CredentialCache(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    current: RwLock<SharedIdentityCache>,
    /// How often the cache has been emptied, so that a hundred calls refused at once empty it once.
    generation: AtomicU64,
}

impl CredentialCache {
    /// A copy of `config` whose clients sign with credentials out of the cache that comes with it.
    #[must_use]
    pub fn attach(config: &SdkConfig) -> (SdkConfig, Self) {
        let cache = Self(Arc::new(Shared { current: RwLock::new(empty()), generation: AtomicU64::new(0) }));
        (config.to_builder().identity_cache(cache.clone()).build(), cache)
    }

    /// Makes a call; if AWS says that the credentials have expired, loads them anew and makes it once more.
    ///
    /// # Errors
    ///
    /// Whatever the last call answered.
    pub async fn retry_expired<T, E, F>(&self, mut call: impl FnMut() -> F) -> Result<T, SdkError<E, HttpResponse>>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata,
    {
        let generation = self.0.generation.load(Ordering::Acquire);
        match call().await {
            Err(error) if is_expired_credentials(&error) => {
                self.renew(generation);
                call().await
            }
            answer => answer,
        }
    }

    fn renew(&self, seen: u64) {
        let mut current = self.0.current.write().unwrap_or_else(PoisonError::into_inner);
        if self.0.generation.load(Ordering::Acquire) == seen {
            *current = empty();
            self.0.generation.store(seen + 1, Ordering::Release);
        }
    }
}

fn empty() -> SharedIdentityCache {
    IdentityCache::lazy().load_timeout(LOAD_TIMEOUT).build()
}

impl ResolveCachedIdentity for CredentialCache {
    fn resolve_cached_identity<'a>(
        &'a self,
        resolver: SharedIdentityResolver,
        runtime_components: &'a RuntimeComponents,
        config_bag: &'a ConfigBag,
    ) -> IdentityFuture<'a> {
        let cache = self.0.current.read().unwrap_or_else(PoisonError::into_inner).clone();
        IdentityFuture::new(
            async move { cache.resolve_cached_identity(resolver, runtime_components, config_bag).await },
        )
    }
}
