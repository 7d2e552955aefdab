//! The command line of the plugin's binary, for a person: run one query as a panel would and see what it cost, or have it
//! explained.
//!
//! Rows go to standard output; the SQL that ran, its cost and notices go to standard error, so that rows can be piped.
//! Exit codes: 0 answered, 1 the query failed, 2 the command line or the configuration is wrong.

use std::{
    ffi::OsString,
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use arrow::{array::RecordBatch, util::pretty::pretty_format_batches};
use chrono::{SecondsFormat, Utc};
use clap::{Parser, Subcommand, ValueEnum};
use serde_json::json;

use crate::{
    datasource::{DataSource, PanelAnswer, PanelContext, Run},
    error::{Error, Result},
    leg::Leg,
    metrics::Metrics,
    plan::{Freshness, Route},
    query::Query,
    settings::{Gates, Settings, from_provisioning},
    time::TimeRange,
};

#[derive(Parser)]
#[command(name = "gpx_switchboard", version, about, long_about = None)]
#[command(after_help = "Grafana starts this program by itself; run by a person it is a command line.")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run one SQL statement as a panel would, and print its rows, the SQL that ran and what it cost.
    Query(QueryArguments),
    /// Say what a query would do, without running it: its kind, who answers which part of the range, and their SQL.
    Explain(Asked),
}

#[derive(clap::Args)]
struct QueryArguments {
    #[command(flatten)]
    asked: Asked,
    /// How to print the rows.
    #[arg(long, value_enum, default_value_t = Output::Table)]
    format: Output,
    /// Show what one leg answers where the other fails.
    #[arg(long)]
    allow_partial: bool,
}

#[derive(clap::Args)]
struct Asked {
    /// Provisioning YAML of the data source, as Grafana reads it.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Name or uid of the data source, where the file has several.
    #[arg(long, value_name = "NAME")]
    datasource: Option<String>,
    /// Which leg answers; without it, whichever the plan says for each part of the range of a dataset.
    #[arg(long, value_enum)]
    leg: Option<LegArgument>,
    /// What matters most where either leg could answer.
    #[arg(long, value_enum, default_value_t = FreshnessArgument::Fastest)]
    freshness: FreshnessArgument,
    /// Start of the time range: now-6h, an RFC 3339 time, or milliseconds since the epoch.
    #[arg(long, default_value = "now-6h")]
    from: String,
    /// End of the time range.
    #[arg(long, default_value = "now")]
    to: String,
    /// The statement; macros are expanded.
    sql: String,
}

#[derive(Clone, Copy, ValueEnum)]
enum LegArgument {
    Realtime,
    Historical,
}

#[derive(Clone, Copy, ValueEnum)]
enum FreshnessArgument {
    Fastest,
    Cheapest,
    Complete,
}

#[derive(Clone, Copy, ValueEnum)]
enum Output {
    Table,
    Csv,
    Json,
}

/// Runs the command line given by `arguments`, program name first.
pub async fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // `--help` and `--version` come here too; clap knows which stream and which code.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    match arguments.command {
        Command::Query(query) => Box::pin(run_query(&query)).await,
        Command::Explain(asked) => match prepare(&asked, false).await {
            Err(error) => fail(&error, 2),
            Ok((source, panel, saved)) => match source.explain(&saved, &panel) {
                Err(error) => fail(&error, 1),
                Ok(explanation) => printed(writeln!(io::stdout().lock(), "{}", explanation.text)),
            },
        },
    }
}

async fn run_query(arguments: &QueryArguments) -> ExitCode {
    match prepare(&arguments.asked, arguments.allow_partial).await {
        Err(error) => fail(&error, 2),
        Ok((source, panel, saved)) => match source.query(&saved, &panel).await {
            Err(error) => fail(&error, 1),
            Ok(answer) => printed(print(&answer, arguments.format)),
        },
    }
}

/// The exit code of printing: whoever reads the rows may stop early, as `head` does.
fn printed(outcome: io::Result<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => fail(&Error::internal(format!("The answer could not be printed: {error}.")), 1),
    }
}

fn fail(error: &Error, code: u8) -> ExitCode {
    let _ = writeln!(io::stderr(), "gpx_switchboard: {error}");
    ExitCode::from(code)
}

async fn prepare(arguments: &Asked, allow_partial: bool) -> Result<(DataSource, PanelContext, Query)> {
    let environment = |name: &str| std::env::var(name).ok();
    let yaml = std::fs::read_to_string(&arguments.config)
        .map_err(|error| Error::bad_settings(format!("{}: {error}.", arguments.config.display())))?;
    let provisioned = from_provisioning(&yaml, arguments.datasource.as_deref(), environment)?;
    let gates = Gates::from_sources(&std::collections::HashMap::new(), environment);
    let settings = Settings::from_grafana(provisioned.json_data.to_string().as_bytes(), &provisioned.secure, &gates)?;

    let now = Utc::now();
    let range = TimeRange::parse(&arguments.from, &arguments.to, now)?;
    if range.from >= range.to {
        return Err(Error::bad_query("The time range is empty: --from must be before --to."));
    }
    let route = match arguments.leg {
        None => Route::Auto,
        Some(LegArgument::Realtime) => Route::Only(Leg::Realtime),
        Some(LegArgument::Historical) => Route::Only(Leg::Historical),
    };
    let freshness = match arguments.freshness {
        FreshnessArgument::Fastest => Freshness::Fastest,
        FreshnessArgument::Cheapest => Freshness::Cheapest,
        FreshnessArgument::Complete => Freshness::Complete,
    };
    let saved = json!({
        "route": route.name(),
        "freshness": freshness,
        "sql": arguments.sql,
        "format": "table",
        "allowPartial": allow_partial,
    });
    let query = Query::from_json(saved.to_string().as_bytes())?;
    let max_data_points = 1_000;
    let panel = PanelContext {
        range,
        interval: bucket_width(&range, max_data_points),
        max_data_points,
        now,
        origin: Arc::default(),
    };
    Ok((DataSource::connect(settings, Arc::new(Metrics::default())).await?, panel, query))
}

/// A width that cuts the range into about `points` buckets; Grafana would say so itself.
fn bucket_width(range: &TimeRange, points: u32) -> Duration {
    let span = (range.to - range.from).to_std().unwrap_or_default();
    Duration::from_secs((span / points).as_secs().max(1))
}

fn print(answer: &PanelAnswer, output: Output) -> io::Result<()> {
    let mut rows = io::stdout().lock();
    print_rows(&answer.frames, output, &mut rows)?;
    rows.flush()?;
    let mut about = io::stderr().lock();
    for notice in &answer.notices {
        writeln!(about, "notice: {}", notice.text)?;
    }
    answer.runs.iter().try_for_each(|run| print_run(run, &mut about))
}

fn print_rows(frames: &[RecordBatch], output: Output, to: &mut impl Write) -> io::Result<()> {
    match output {
        Output::Table => {
            for frame in frames {
                let text = pretty_format_batches(std::slice::from_ref(frame)).map_err(io::Error::other)?;
                writeln!(to, "{text}")?;
            }
        }
        Output::Csv => {
            let mut writer = arrow::csv::WriterBuilder::new().with_header(true).build(to);
            for frame in frames {
                writer.write(frame).map_err(io::Error::other)?;
            }
        }
        Output::Json => {
            let mut writer = arrow::json::WriterBuilder::new()
                .with_explicit_nulls(true)
                .build::<_, arrow::json::writer::JsonArray>(&mut *to);
            for frame in frames {
                writer.write(frame).map_err(io::Error::other)?;
            }
            writer.finish().map_err(io::Error::other)?;
            drop(writer);
            writeln!(to)?;
        }
    }
    Ok(())
}

fn print_run(run: &Run, to: &mut impl Write) -> io::Result<()> {
    let cost = &run.cost;
    let (leg, TimeRange { from, to: end }) = (run.slice.leg, run.slice.range);
    let instant = |at: chrono::DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
    writeln!(to, "{leg} ({}), {} to {}: {}", leg.service(), instant(from), instant(end), run.sql)?;
    write!(to, "{} rows, {} pages, {} bytes scanned", cost.rows, cost.pages, cost.bytes_scanned)?;
    for (name, time) in [("engine", cost.engine_time), ("queue", cost.queue_time), ("in all", Some(cost.elapsed))] {
        if let Some(time) = time {
            write!(to, ", {name} {} ms", time.as_millis())?;
        }
    }
    if cost.delivery.file_bytes > 0 {
        write!(to, ", {} bytes read from S3", cost.delivery.file_bytes)?;
    }
    if let Some(why) = &cost.delivery.why_pages {
        write!(to, ", not read from S3 ({why})")?;
    }
    if let Some(dollars) = cost.dollars(leg) {
        write!(to, ", {dollars:.6} dollars")?;
    }
    if !cost.execution_ids.is_empty() {
        write!(to, ", execution {}", cost.execution_ids.join(" "))?;
    }
    writeln!(to)
}
