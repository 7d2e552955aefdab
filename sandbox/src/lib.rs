//! AWS on one loopback port, for demos and tests: Timestream Query, Athena, S3 and STS over generated Amazon Connect data.
//!
//! - [`data`] generates a contact centre and keeps its clock running.
//! - [`dialect`] rewrites Trino's and Timestream's SQL for DataFusion.
//! - [`engine`] runs a statement over the data: columns with their SQL types, rows, bytes scanned.
//! - [`wire`] speaks AWS's protocols: signatures, Timestream Query, Athena, S3, STS, and faults on demand.

pub mod data;
pub mod dialect;
pub mod engine;
pub mod wire;
