//! Log lines as Grafana reads them: hclog's JSON on standard error, and panics in the same form.
//!
//! Below `info` only Switchboard's own lines are written, whatever is asked for: at `trace` the AWS SDK logs session tokens
//! in the requests it signs, and HTTP libraries log headers.

use std::{io::Write, panic::PanicHookInfo};

use serde_json::json;
use tracing::{Level, Metadata, level_filters::LevelFilter};
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{FilterExt, filter_fn},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

/// The crates whose lines are written at every level.
const OWN_CRATES: [&str; 2] = ["switchboard", "gpx_switchboard"];

/// Longest panic text that is written; a panic can carry a whole statement.
const PANIC_TEXT_CHARS: usize = 2_000;

/// Sends log lines and panics to standard error. The level comes from `RUST_LOG`, else from `log_level` in Grafana's
/// `[plugin.switchboard-connect-datasource]` section, which Grafana hands over as `GF_PLUGIN_LOG_LEVEL`, else it is `info`.
pub fn init(environment: impl Fn(&str) -> Option<String>) {
    std::panic::set_hook(Box::new(log_panic));
    let wanted = ["RUST_LOG", "GF_PLUGIN_LOG_LEVEL"]
        .iter()
        .find_map(|name| environment(name).filter(|value| !value.trim().is_empty()));
    let default = || EnvFilter::default().add_directive(LevelFilter::INFO.into());
    let (filter, misread) = match wanted.as_deref().map(EnvFilter::try_new) {
        None => (default(), false),
        Some(Ok(filter)) => (filter, false),
        Some(Err(_)) => (default(), true),
    };
    let layer = grafana_plugin_sdk::backend::layer().with_filter(filter.and(filter_fn(may_be_written)));
    // A second initialisation, as in tests, keeps the first.
    let _ = tracing_subscriber::registry().with(layer).try_init();
    if misread {
        tracing::warn!(
            "The log level asked for cannot be read; info is used. Levels: error, warn, info, debug, trace."
        );
    }
}

fn may_be_written(metadata: &Metadata<'_>) -> bool {
    *metadata.level() <= Level::INFO || is_own(metadata.target())
}

fn is_own(target: &str) -> bool {
    let crate_name = target.split("::").next().unwrap_or_default();
    OWN_CRATES.contains(&crate_name)
}

fn log_panic(panic: &PanicHookInfo<'_>) {
    let location = panic.location().map_or_else(|| "unknown".to_owned(), ToString::to_string);
    let line = panic_line(panic.payload_as_str().unwrap_or("no text"), &location);
    // Not through tracing: the panic may have come from there. One write, so that lines do not mix.
    let _ = std::io::stderr().lock().write_all(line.as_bytes());
}

fn panic_line(text: &str, location: &str) -> String {
    let text: String = text.chars().take(PANIC_TEXT_CHARS).collect();
    let line = json!({
        "@timestamp": chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Micros, false),
        "@level": "error",
        "@message": format!("Panic: {text}"),
        "target": "switchboard::panic",
        "location": location,
    });
    format!("{line}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_one_line_of_json() {
        let line = panic_line("two\nlines \"quoted\"", "src/x.rs:1:2");
        assert_eq!(line.matches('\n').count(), 1);
        let parsed: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(parsed["@level"], "error");
        assert_eq!(parsed["@message"], "Panic: two\nlines \"quoted\"");
        assert_eq!(parsed["location"], "src/x.rs:1:2");
        assert!(panic_line(&"x".repeat(1_000_000), "").len() < 3_000);
    }

    #[test]
    fn own_crates_are_told_from_those_that_begin_alike() {
        for (target, own) in [
            ("switchboard", true),
            ("switchboard::engine::athena", true),
            ("gpx_switchboard", true),
            ("switchboard_other::x", false),
            ("aws_sigv4::http_request::sign", false),
            ("", false),
        ] {
            assert_eq!(is_own(target), own, "{target}");
        }
    }
}
