//! The part of Grafana that starts a plugin: spawns the built binary, reads its handshake, speaks gRPC to it.

use std::{
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex},
    task::{Context, Poll},
    thread,
    time::{Duration, Instant},
};

use futures::future::BoxFuture;
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;
use tonic::{
    Request, Status,
    client::Grpc,
    codec::ProstCodec,
    codegen::{Service, http::uri::PathAndQuery},
    transport::{Channel, Endpoint, Uri},
};

/// A running plugin.
pub struct Host {
    child: Child,
    /// The handshake line, without its end.
    pub handshake: String,
    /// The plugin's socket.
    pub socket: PathBuf,
    channel: Channel,
    output: Arc<Mutex<String>>,
    /// Where the plugin makes its temporary files.
    pub temporary: tempfile::TempDir,
}

impl Host {
    /// Starts the plugin as Grafana does, with `environment` on top.
    pub async fn start(environment: &[(&str, &str)]) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_gpx_switchboard"))
            .env_clear()
            .env("grafana_plugin_type", "datasource")
            .env("PLUGIN_PROTOCOL_VERSIONS", "2")
            .env("TMPDIR", temporary.path())
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let output = Arc::new(Mutex::new(String::new()));
        collect(child.stderr.take().unwrap(), &output);
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut handshake = String::new();
        stdout.read_line(&mut handshake).unwrap();
        collect(stdout, &output);
        let handshake = handshake.trim_end().to_owned();
        let socket = PathBuf::from(handshake.split('|').nth(3).unwrap_or_default());
        let channel = connect(&socket).await;
        Self { child, handshake, socket, channel, output, temporary }
    }

    /// Calls a method with one message that answers with one.
    pub async fn call<Q, A>(&self, path: &'static str, message: Q) -> Result<A, Status>
    where
        Q: prost::Message + Send + Sync + 'static,
        A: prost::Message + Default + Send + Sync + 'static,
    {
        let mut grpc = self.grpc().await?;
        let codec = ProstCodec::<Q, A>::default();
        let response = grpc.unary(Request::new(message), PathAndQuery::from_static(path), codec).await?;
        Ok(response.into_inner())
    }

    /// Calls a method that answers with a stream, and expects one message in it.
    pub async fn call_stream<Q, A>(&self, path: &'static str, message: Q) -> Result<A, Status>
    where
        Q: prost::Message + Send + Sync + 'static,
        A: prost::Message + Default + Send + Sync + 'static,
    {
        let mut grpc = self.grpc().await?;
        let codec = ProstCodec::<Q, A>::default();
        let path = PathAndQuery::from_static(path);
        let mut stream = grpc.server_streaming(Request::new(message), path, codec).await?.into_inner();
        let first = stream.message().await?.ok_or_else(|| Status::internal("an empty stream"))?;
        assert!(stream.message().await?.is_none(), "more than one message");
        Ok(first)
    }

    async fn grpc(&self) -> Result<Grpc<Channel>, Status> {
        let mut grpc = Grpc::new(self.channel.clone()).max_decoding_message_size(usize::MAX);
        grpc.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
        Ok(grpc)
    }

    /// The connection, for generated clients.
    pub fn channel(&self) -> Channel {
        self.channel.clone()
    }

    /// Sends a signal by its name.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits for the process to exit, and fails when it does not within `limit`.
    pub fn exit_within(&mut self, limit: Duration) -> ExitStatus {
        let since = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(since.elapsed() < limit, "still running after {limit:?}; it said:\n{}", self.output());
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Whether the process still runs.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// All that it wrote so far, to standard error and after the handshake to standard output.
    pub fn output(&self) -> String {
        self.output.lock().unwrap().clone()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn collect(from: impl Read + Send + 'static, output: &Arc<Mutex<String>>) {
    let output = Arc::clone(output);
    thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            let mut output = output.lock().unwrap();
            output.push_str(&line);
            output.push('\n');
        }
    });
}

async fn connect(socket: &Path) -> Channel {
    // The address is not used: the connector knows the socket.
    let endpoint = Endpoint::from_static("http://plugin").timeout(Duration::from_secs(30));
    endpoint.connect_with_connector(Connector(socket.to_owned())).await.unwrap()
}

struct Connector(PathBuf);

impl Service<Uri> for Connector {
    type Response = TokioIo<UnixStream>;
    type Error = std::io::Error;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _address: Uri) -> Self::Future {
        let socket = self.0.clone();
        Box::pin(async move { UnixStream::connect(socket).await.map(TokioIo::new) })
    }
}
