//! The plugin's process as Grafana knows it: a handshake on standard output, gRPC on a unix socket that only the owner can
//! reach, and an orderly end.
//!
//! Format: hashicorp's go-plugin, protocol 1, with Grafana's application protocol 2. Standard output carries the one
//! handshake line `1|2|unix|PATH|grpc` and nothing else.

use std::{
    fs::DirBuilder,
    io::{self, Write},
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use tokio::{
    net::UnixListener,
    signal::unix::{SignalKind, signal},
    time::timeout,
};
use tokio_stream::wrappers::UnixListenerStream;
use tonic::transport::Server;
use tonic_health::ServingStatus;

use super::{
    rpc::Service,
    services::{Controller, Data, Diagnostics, Plugin, Resource},
    shutdown::Shutdown,
};

/// How long requests in flight may take once the end has begun. With all that follows the process ends within 5 s.
pub const PATIENCE: Duration = Duration::from_millis(3_500);
/// How long connections may take to close after the last answer.
const CLOSING: Duration = Duration::from_millis(500);
/// How often to look for data sources that nobody uses.
const SWEEP: Duration = Duration::from_mins(5);
/// How often to look whether Grafana is still there.
const PARENT_CHECK: Duration = Duration::from_secs(2);

/// Whether Grafana started this process: it sets go-plugin's magic cookie, and go-plugin says which protocols it speaks.
pub fn is_plugin_environment(environment: impl Fn(&str) -> Option<String>) -> bool {
    environment("grafana_plugin_type").is_some_and(|kind| kind == "datasource")
        || environment("PLUGIN_PROTOCOL_VERSIONS").is_some()
}

/// Serves Grafana until it, or a signal, asks for the end.
pub async fn serve(environment: impl Fn(&str) -> Option<String>) -> ExitCode {
    match Socket::bind(&socket_parents(&environment)) {
        Err(error) => {
            tracing::error!(
                "No socket could be opened for Grafana: {error}. Check that the temporary directory can be written."
            );
            ExitCode::FAILURE
        }
        Ok((socket, listener)) => run(&socket, listener).await.unwrap_or_else(|error| {
            tracing::error!("Serving Grafana failed: {error}.");
            ExitCode::FAILURE
        }),
    }
}

async fn run(socket: &Socket, listener: UnixListener) -> io::Result<ExitCode> {
    let shutdown = Shutdown::default();
    let stop = stop_asked(shutdown.clone())?;
    let plugin = Plugin::new(shutdown.clone());
    let (mut reporter, health) = tonic_health::server::health_reporter();
    reporter.set_service_status("plugin", ServingStatus::Serving).await;
    // Setting TCP_NODELAY is not needed on a unix socket, which has no Nagle's algorithm to delay small answers.
    let server = Server::builder()
        .add_service(health)
        .add_service(Service::new(Controller(shutdown.clone())))
        .add_service(Service::new(Data(plugin.clone())))
        .add_service(Service::new(Resource(plugin.clone())))
        .add_service(Service::new(Diagnostics(plugin.clone())));
    let ended = shutdown.clone();
    let serving =
        server.serve_with_incoming_shutdown(UnixListenerStream::new(listener), async move { ended.begun().await });
    let mut serving = tokio::spawn(serving);
    let sweeper = tokio::spawn(async move {
        let mut ticks = tokio::time::interval(SWEEP);
        loop {
            ticks.tick().await;
            plugin.instances.drop_idle();
        }
    });

    socket.announce()?;
    tracing::debug!("Serving Grafana.");
    tokio::select! {
        // The server stops because an end was asked for; where both are ready, that is why.
        biased;
        () = stop => {}
        stopped = &mut serving => {
            return Err(io::Error::other(stopped.map_or_else(|error| error.to_string(), |end| format!("{end:?}"))));
        }
    }
    sweeper.abort();
    shutdown.begin();
    shutdown.drained(PATIENCE).await;
    // Connections that do not close are not waited for.
    let _ = tokio::join!(timeout(CLOSING, serving), shutdown.queries_stopped());
    Ok(ExitCode::SUCCESS)
}

/// Returns when the host, a signal or the host's death asks for the end.
fn stop_asked(shutdown: Shutdown) -> io::Result<impl Future<Output = ()>> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            () = shutdown.begun() => {}
            () = parent_gone() => tracing::warn!("Grafana is gone; so the plugin ends, too."),
        }
    })
}

/// Returns when the process that started this one has died: an orphan would keep its credentials for nobody.
async fn parent_gone() {
    let parent = std::os::unix::process::parent_id();
    let mut ticks = tokio::time::interval(PARENT_CHECK);
    while std::os::unix::process::parent_id() == parent {
        ticks.tick().await;
    }
}

/// Where a socket's directory may be made, best first. Socket paths are short (108 bytes), temporary directories can be
/// long, so `/tmp` comes last.
fn socket_parents(environment: impl Fn(&str) -> Option<String>) -> Vec<PathBuf> {
    let chosen = environment("PLUGIN_UNIX_SOCKET_DIR").filter(|directory| !directory.is_empty()).map(PathBuf::from);
    chosen.into_iter().chain([std::env::temp_dir(), PathBuf::from("/tmp")]).collect()
}

/// A unix socket in a directory of its own that only the owner can enter; removed on drop.
#[derive(Debug)]
struct Socket {
    directory: PathBuf,
    path: PathBuf,
}

impl Socket {
    fn bind(parents: &[PathBuf]) -> io::Result<(Self, UnixListener)> {
        let mut outcome = Err(io::Error::other("there is no temporary directory"));
        for parent in parents {
            outcome = Self::bind_in(parent);
            if outcome.is_ok() {
                break;
            }
        }
        outcome
    }

    fn bind_in(parent: &Path) -> io::Result<(Self, UnixListener)> {
        let directory = std::path::absolute(parent)?.join(format!("switchboard-{:016x}", rand::random::<u64>()));
        if directory.to_str().is_none_or(|path| path.contains(['|', '\n'])) {
            return Err(io::Error::other("the directory's name does not fit into the handshake line"));
        }
        DirBuilder::new().mode(0o700).create(&directory)?;
        let socket = Self { path: directory.join("grpc.sock"), directory };
        let listener = UnixListener::bind(&socket.path)?;
        Ok((socket, listener))
    }

    /// Tells the host where to connect.
    fn announce(&self) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        writeln!(stdout, "1|2|unix|{}|grpc", self.path.display())?;
        stdout.flush()
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // Nothing can be done about a failure, and the directory is empty of secrets.
        let _ = std::fs::remove_file(&self.path);
        let _ = std::fs::remove_dir(&self.directory);
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn grafana_is_told_from_a_person() {
        let started_with = |name: &'static str, value: &'static str| {
            is_plugin_environment(move |asked| (asked == name).then(|| value.to_owned()))
        };
        assert!(started_with("grafana_plugin_type", "datasource"));
        assert!(started_with("PLUGIN_PROTOCOL_VERSIONS", "2"));
        assert!(!started_with("grafana_plugin_type", "panel"));
        assert!(!started_with("PATH", "/bin"));
    }

    #[tokio::test]
    async fn the_socket_is_private_and_removed() {
        let parent = tempfile::tempdir().unwrap();
        let (socket, _listener) = Socket::bind(&[parent.path().to_owned()]).unwrap();
        let mode = std::fs::metadata(&socket.directory).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        assert!(socket.path.exists());
        drop(socket);
        assert_eq!(std::fs::read_dir(parent.path()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn a_directory_that_will_not_do_gives_way_to_the_next() {
        let parent = tempfile::tempdir().unwrap();
        let too_long = parent.path().join("x".repeat(120));
        std::fs::create_dir(&too_long).unwrap();
        let unspeakable = parent.path().join("a|b");
        std::fs::create_dir(&unspeakable).unwrap();
        let good = parent.path().to_owned();
        let (socket, _listener) =
            Socket::bind(&[too_long.clone(), unspeakable, "/nonexistent".into(), good.clone()]).unwrap();
        assert_eq!(socket.directory.parent(), Some(good.as_path()));
        assert_eq!(std::fs::read_dir(&too_long).unwrap().count(), 0, "nothing is left behind");
        assert!(Socket::bind(&[]).is_err());
    }
}
