//! From the handshake to the exit.

use std::{
    os::unix::fs::PermissionsExt,
    process::Command,
    time::{Duration, Instant},
};

use serde_json::json;
use tonic::Code;
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};

use crate::{CALL_RESOURCE, KEYS, ask, aws, context, host::Host, query, settings};
use grafana_plugin_sdk::pluginv2;
use switchboard::grafana::wire::{CallResourceRequest, Empty};

const SHUTDOWN: &str = "/plugin.GRPCController/Shutdown";
/// How long the issue of an end may take.
const END: Duration = Duration::from_secs(5);

fn panel(route: &str) -> String {
    json!({"route": route, "sql": "SELECT 1"}).to_string()
}

#[tokio::test]
async fn the_handshake_names_a_private_socket_and_the_plugin_is_healthy() {
    let host = Host::start(&[]).await;
    let parts: Vec<&str> = host.handshake.split('|').collect();
    assert_eq!((&parts[..3], parts[4], parts.len()), (&["1", "2", "unix"][..], "grpc", 5), "{}", host.handshake);
    let directory = host.socket.parent().unwrap();
    assert!(directory.starts_with(host.temporary.path()));
    assert_eq!(std::fs::metadata(directory).unwrap().permissions().mode() & 0o777, 0o700);

    let mut health = HealthClient::new(host.channel());
    let answer = health.check(HealthCheckRequest { service: "plugin".to_owned() }).await.unwrap().into_inner();
    assert_eq!(answer.status(), ServingStatus::Serving);
}

#[tokio::test]
async fn the_host_can_choose_where_the_socket_is() {
    let chosen = tempfile::tempdir().unwrap();
    let host = Host::start(&[("PLUGIN_UNIX_SOCKET_DIR", chosen.path().to_str().unwrap())]).await;
    assert!(host.socket.starts_with(chosen.path()), "{}", host.handshake);
}

#[tokio::test]
async fn shutdown_is_answered_and_the_process_exits_clean() {
    let mut host = Host::start(&[]).await;
    let since = Instant::now();
    host.call::<Empty, Empty>(SHUTDOWN, Empty {}).await.unwrap();
    let status = host.exit_within(END);
    assert!(status.success(), "{status}: {}", host.output());
    assert!(since.elapsed() < Duration::from_secs(2), "an idle plugin has nothing to wait for: {:?}", since.elapsed());
    assert_eq!(std::fs::read_dir(host.temporary.path()).unwrap().count(), 0, "the socket's directory is removed");
    assert_eq!(host.output(), "", "an orderly end is not worth a line");
}

#[tokio::test]
async fn signals_end_it_too() {
    for signal in ["TERM", "INT"] {
        let mut host = Host::start(&[]).await;
        host.signal(signal);
        assert!(host.exit_within(END).success(), "{signal}");
        assert_eq!(std::fs::read_dir(host.temporary.path()).unwrap().count(), 0, "{signal}");
    }
}

#[test]
fn an_orphan_ends() {
    // The shell is the host; its standard output stays open for as long as the plugin lives.
    let since = Instant::now();
    let output = Command::new("sh")
        .args(["-c", "\"$0\" & sleep 0.5", env!("CARGO_BIN_EXE_gpx_switchboard")])
        .env("grafana_plugin_type", "datasource")
        .output()
        .unwrap();
    assert!(since.elapsed() < END, "{:?}", since.elapsed());
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(output.stdout.starts_with(b"1|2|unix|") && log.contains("Grafana is gone"), "{log}");
}

#[tokio::test]
async fn what_is_in_flight_is_answered_before_the_end() {
    for end in ["TERM", "Shutdown"] {
        let slow = aws::start(Some(Duration::from_secs(1))).await;
        let mut host = Host::start(&[]).await;
        let context = context(settings(&slow).to_string(), &KEYS);
        let asked = ask(&host, context, vec![query("A", panel("realtime"))]);
        let ended = async {
            tokio::time::sleep(Duration::from_millis(400)).await;
            if end == "TERM" {
                host.signal(end);
            } else {
                host.call::<Empty, Empty>(SHUTDOWN, Empty {}).await.unwrap();
            }
        };
        let (answers, ()) = tokio::join!(asked, ended);
        let answer = &answers.unwrap()["A"];
        assert!(answer.error.contains(aws::REFUSAL), "{end}: {answer:?}");
        assert!(host.exit_within(END).success(), "{end}");
    }
}

#[tokio::test]
async fn what_takes_too_long_is_cut_short() {
    let silent = aws::start(None).await;
    let mut host = Host::start(&[]).await;
    let context = context(settings(&silent).to_string(), &KEYS);
    let asked = ask(&host, context, vec![query("A", panel("realtime")), query("B", panel("historical"))]);
    let ended = async {
        tokio::time::sleep(Duration::from_millis(400)).await;
        host.signal("TERM");
        Instant::now()
    };
    let (answers, since) = tokio::join!(asked, ended);
    assert_eq!(answers.unwrap_err().code(), Code::Unavailable);
    assert!(host.exit_within(END.saturating_sub(since.elapsed())).success());
}

#[tokio::test]
async fn a_large_request_is_read_and_one_too_large_refused() {
    let host = Host::start(&[]).await;
    let of = |megabytes: usize| query("A", format!(r#"{{"sql": 1, "x": "{}"}}"#, "x".repeat(megabytes << 20)));
    let context = context("{}", &[]);
    let answers = ask(&host, context.clone(), vec![of(32)]).await.unwrap();
    assert_eq!((answers["A"].status, answers["A"].error_source.as_str()), (400, "downstream"));
    let refused = ask(&host, context.clone(), vec![of(65)]).await.unwrap_err();
    assert_eq!(refused.code(), Code::OutOfRange);
    assert!(ask(&host, context, vec![of(0)]).await.is_ok(), "it still answers");
}

#[tokio::test]
async fn resources_and_metrics_are_answered() {
    let host = Host::start(&[]).await;
    let request = CallResourceRequest { path: "regions".to_owned(), method: "GET".to_owned(), ..Default::default() };
    let response: pluginv2::CallResourceResponse = host.call_stream(CALL_RESOURCE, request).await.unwrap();
    assert_eq!(response.code, 200);
    assert!(String::from_utf8_lossy(&response.body).contains("eu-west-2"));

    ask(&host, context("{}", &[]), vec![query("A", "{}")]).await.unwrap();
    let metrics: pluginv2::CollectMetricsResponse =
        host.call("/pluginv2.Diagnostics/CollectMetrics", Empty {}).await.unwrap();
    let text = String::from_utf8(metrics.metrics.unwrap().prometheus).unwrap();
    assert!(text.contains("switchboard_panel_queries_total{outcome=\"bad_query\"} 1\n"), "{text}");
}

#[tokio::test]
async fn methods_that_do_not_exist_are_unimplemented() {
    let host = Host::start(&[]).await;
    for path in ["/pluginv2.Data/Nothing", "/pluginv2.Stream/RunStream", "/plugin.GRPCController/Nothing"] {
        assert_eq!(host.call::<Empty, Empty>(path, Empty {}).await.unwrap_err().code(), Code::Unimplemented, "{path}");
    }
}
