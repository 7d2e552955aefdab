//! The plugin binary: run by Grafana it serves, run by a person it is a command line.

use std::{process::ExitCode, time::Duration};

use switchboard::{
    cli,
    grafana::{logging, server},
};

fn main() -> ExitCode {
    let environment = |name: &str| std::env::var(name).ok();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("gpx_switchboard: the process cannot start its threads: {error}.");
            return ExitCode::FAILURE;
        }
    };
    // Grafana passes no arguments; a person in a shell that inherited Grafana's environment does.
    let by_grafana = server::is_plugin_environment(environment) && std::env::args_os().len() == 1;
    let code = if by_grafana {
        logging::init(environment);
        runtime.block_on(server::serve(environment))
    } else {
        runtime.block_on(cli::run(std::env::args_os()))
    };
    // What is still running has had its time to end.
    runtime.shutdown_timeout(Duration::from_millis(100));
    code
}
