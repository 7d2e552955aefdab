//! The sandbox as a program: generates a contact centre, plays AWS over it on a loopback port, and stops when told to.
//!
//! Progress goes to stderr; stdout gets one line of JSON when requests are welcome, for whoever started it.

use std::{
    io::{Read as _, Write as _},
    net::{IpAddr, Ipv4Addr},
    process::ExitCode,
    time::{Duration, Instant},
};

use clap::Parser;
use sandbox::{
    engine::{World, WorldOptions},
    wire::{DEFAULT_ACCESS_KEY, DEFAULT_SECRET_KEY, Options, RunningSandbox, Sandbox},
};
use serde_json::json;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::oneshot,
};
use tracing_subscriber::EnvFilter;

/// AWS on one loopback port: Timestream Query in eu-west-1, Athena and S3 in eu-west-2, STS, over a generated contact
/// centre.
#[derive(Debug, Parser)]
#[command(version)]
#[expect(clippy::struct_excessive_bools, reason = "switches of a command line")]
struct Arguments {
    /// Agents employed; each takes about 60 contacts a day.
    #[arg(long, default_value_t = 200)]
    agents: u32,
    /// Days of history.
    #[arg(long, default_value_t = 30)]
    days: u32,
    /// Equal seeds give equal events for equal instants.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Hours that Timestream holds.
    #[arg(long, default_value_t = 24)]
    retention_hours: u32,
    /// Minutes by which Athena is late.
    #[arg(long, default_value_t = 15)]
    lag_minutes: u32,
    /// Generate nothing: only canned results are answered.
    #[arg(long)]
    empty: bool,
    /// Where to listen; only 127.0.0.1 is accepted.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// The port; 0 takes a free one.
    #[arg(long, default_value_t = 4566)]
    port: u16,
    /// The access key that is accepted.
    #[arg(long, default_value = DEFAULT_ACCESS_KEY)]
    access_key: String,
    /// Its secret.
    #[arg(long, default_value = DEFAULT_SECRET_KEY)]
    secret_key: String,
    /// The external id that AssumeRole wants.
    #[arg(long)]
    external_id: Option<String>,
    /// End temporary credentials after this many seconds, however long was asked for.
    #[arg(long)]
    session_seconds: Option<u64>,
    /// Bytes of a Timestream page.
    #[arg(long, default_value_t = 1 << 20)]
    page_bytes: usize,
    /// Athena executions hardly wait.
    #[arg(long)]
    fast: bool,
    /// Throttle calls over Athena's per-account rates.
    #[arg(long)]
    enforce_rates: bool,
    /// Stop when stdin closes, so as not to outlive whoever started this.
    #[arg(long)]
    exit_with_parent: bool,
}

impl Arguments {
    fn options(&self) -> Options {
        let options = Options {
            host: self.host,
            port: self.port,
            access_key: self.access_key.clone(),
            secret_key: self.secret_key.clone(),
            external_id: self.external_id.clone(),
            session_lifetime: self.session_seconds.map(Duration::from_secs),
            timestream_page_bytes: self.page_bytes,
            enforce_rates: self.enforce_rates,
            ..Options::default()
        };
        if self.fast { options.fast() } else { options }
    }

    fn world(&self) -> WorldOptions {
        WorldOptions {
            seed: self.seed,
            agents: self.agents,
            days: self.days,
            retention_hours: self.retention_hours,
            lag_minutes: self.lag_minutes,
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_env_filter(filter).init();
    match run(&arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let began = Instant::now();
    let mut builder = Sandbox::builder().options(arguments.options());
    if !arguments.empty {
        builder = builder.backend(World::generate(arguments.world(), |line| eprintln!("{line}")).await);
    }
    let running = builder.start()?;
    // Until here the signals end the process by themselves; who reads the line below may send one at once.
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    announce(&running, arguments, began.elapsed())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        () = stdin_closed(), if arguments.exit_with_parent => {}
    }
    running.stop().await;
    Ok(())
}

/// The line on stdout that tells whoever started this where requests are welcome.
fn announce(running: &RunningSandbox, arguments: &Arguments, took: Duration) -> std::io::Result<()> {
    let ready = json!({
        "ready": true,
        "endpoint": running.endpoint(),
        "port": running.address.port(),
        "accessKey": arguments.access_key,
        "secretKey": arguments.secret_key,
        "regions": {"timestream": "eu-west-1", "athena": "eu-west-2", "s3": "eu-west-2"},
        "startedInMilliseconds": u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
    });
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{ready}")?;
    stdout.flush()
}

/// Waits on a thread of its own, which the end of the process need not wait for.
async fn stdin_closed() {
    let (closed, wait) = oneshot::channel();
    std::thread::spawn(move || {
        let mut ignored = [0; 1024];
        while matches!(std::io::stdin().read(&mut ignored), Ok(1..)) {}
        // Nobody waits any more when a signal came first.
        let _ = closed.send(());
    });
    let _ = wait.await;
}
