//! Switchboard: a Grafana data source whose panels are answered by Timestream (real-time) and Athena (historical).
//!
//! A reader's path, which is also a query's path:
//!
//! 1. [`grafana`] takes the request off Grafana's gRPC protocol; [`cli`] takes it off a command line.
//! 2. [`settings`] and [`query`] turn untrusted JSON into checked values; [`dataset`] is what settings list.
//! 3. [`datasource`] answers one query: [`sql`] says what kind of statement it is, [`plan`] cuts its range into slices, [`sql`]
//!    expands and guards the text of each, an [`engine`] runs it, [`stitch`] makes one table of the slices' rows, and
//!    [`shape`] lays it out as the panel wants it.
//! 4. [`engine`] hides Timestream and Athena behind one trait; [`aws`] holds credentials, regions and clients.
//!
//! Imports run downward in that order. [`plan`], [`sql`], [`stitch`] and [`shape`] are pure functions that know neither AWS nor
//! Grafana; [`error`], [`leg`], [`metrics`], [`notice`] and [`time`] are the vocabulary that everything shares.

pub mod aws;
pub mod cli;
pub mod dataset;
pub mod datasource;
pub mod engine;
pub mod error;
pub mod grafana;
pub mod leg;
pub mod metrics;
pub mod notice;
pub mod plan;
pub mod query;
pub mod settings;
pub mod shape;
pub mod sql;
pub mod stitch;
pub mod time;
