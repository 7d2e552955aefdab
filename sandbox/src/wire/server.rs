//! Starts and stops a sandbox. It runs on threads of its own, so that a test that blocks cannot starve it, and so that
//! stopping it drops every connection at once, as a killed process would.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use tokio::{net::TcpListener, runtime::Runtime};

use super::{
    admin,
    backend::{Backend, NoData},
    dispatch,
    options::Options,
    state::State,
};

/// Worker threads of one sandbox.
const THREADS: usize = 2;
/// How long stopping waits for work that cannot be dropped.
const STOP_PATIENCE: Duration = Duration::from_secs(2);

/// Why a sandbox does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// It was asked to listen where others could reach it.
    #[error("The sandbox listens on 127.0.0.1 only, not on {0}: anybody who reaches it may read and break it.")]
    NotLoopback(IpAddr),
    /// The address is taken, or not to be had.
    #[error("The sandbox cannot listen on {address}: {source}. Choose another port, or 0 for a free one.")]
    Bind {
        /// What was asked for.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// The machine has no more threads.
    #[error("The sandbox cannot start its threads: {0}")]
    Threads(#[source] io::Error),
}

/// AWS on a loopback port, not yet started.
#[derive(Debug)]
pub struct Sandbox;

impl Sandbox {
    /// A sandbox with the default options and no data: statements need canned results until a
    /// [`Backend`](super::Backend) is given.
    #[must_use]
    pub fn builder() -> Builder {
        Builder { options: Options::default(), backend: Arc::new(NoData) }
    }
}

/// A sandbox being set up.
pub struct Builder {
    options: Options,
    backend: Arc<dyn Backend>,
}

impl Builder {
    /// Sets every option.
    #[must_use]
    pub fn options(self, options: Options) -> Self {
        Self { options, ..self }
    }

    /// Runs statements on `backend`: a [`World`](crate::engine::World), or a test's own.
    #[must_use]
    pub fn backend(self, backend: Arc<dyn Backend>) -> Self {
        Self { backend, ..self }
    }

    /// Starts it, ready for requests when this returns.
    ///
    /// # Errors
    ///
    /// When it cannot listen as asked.
    pub fn start(self) -> Result<RunningSandbox, StartError> {
        let asked = SocketAddr::new(self.options.host, self.options.port);
        if asked.ip() != IpAddr::V4(Ipv4Addr::LOCALHOST) {
            return Err(StartError::NotLoopback(asked.ip()));
        }
        let bind = |source| StartError::Bind { address: asked, source };
        let socket = std::net::TcpListener::bind(asked).map_err(bind)?;
        socket.set_nonblocking(true).map_err(bind)?;
        let address = socket.local_addr().map_err(bind)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(THREADS)
            .thread_name("sandbox")
            .enable_all()
            .build()
            .map_err(StartError::Threads)?;
        let running = RunningSandbox { address, runtime: Some(runtime) };
        let state = Arc::new(State::new(self.options, address, self.backend));
        if let Some(runtime) = &running.runtime {
            let _entered = runtime.enter();
            let listener = TcpListener::from_std(socket).map_err(bind)?;
            runtime.spawn(serve(listener, state));
        }
        Ok(running)
    }
}

async fn serve(listener: TcpListener, state: Arc<State>) {
    let router = axum::Router::new().nest("/_sandbox", admin::routes()).fallback(dispatch::handle).with_state(state);
    if let Err(error) = axum::serve(listener, router).await {
        tracing::error!(%error, "the sandbox has stopped serving");
    }
}

/// A sandbox that answers. Dropping it stops it.
#[derive(Debug)]
pub struct RunningSandbox {
    /// Where it listens.
    pub address: SocketAddr,
    runtime: Option<Runtime>,
}

impl RunningSandbox {
    /// The URL to set as endpoint of Timestream, Athena, S3 and STS.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Stops it: open connections are dropped, answers half sent are never finished, the port is free.
    pub async fn stop(mut self) {
        if let Some(runtime) = self.runtime.take() {
            // The runtime may not be waited for on a thread that runs async code.
            let stopped = tokio::task::spawn_blocking(move || runtime.shutdown_timeout(STOP_PATIENCE)).await;
            if let Err(error) = stopped {
                tracing::error!(%error, "the sandbox did not stop cleanly");
            }
        }
    }
}

impl Drop for RunningSandbox {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(options: Options) -> Result<RunningSandbox, StartError> {
        Sandbox::builder().options(options).start()
    }

    #[test]
    fn only_loopback_is_bound() {
        for host in ["0.0.0.0", "::", "192.168.0.1"] {
            let options = Options { host: host.parse().unwrap(), ..Options::default() };
            assert!(matches!(start(options), Err(StartError::NotLoopback(_))), "{host}");
        }
    }

    #[tokio::test]
    async fn a_stopped_sandbox_leaves_its_port_free() {
        let first = start(Options::default()).unwrap();
        let port = first.address.port();
        let taken = start(Options { port, ..Options::default() });
        assert!(matches!(taken, Err(StartError::Bind { .. })));
        first.stop().await;
        let second = start(Options { port, ..Options::default() }).unwrap();
        assert_eq!(second.address.port(), port);
    }
}
