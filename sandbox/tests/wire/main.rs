//! The sandbox from outside: raw HTTP, signed by the SDK's own signer, against every operation and every fault.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "the steps of tests fail them")]

mod athena;
mod catalog;
mod client;
mod fake;
mod faults;
mod program;
mod s3;
mod sdk;
mod signatures;
mod sts;
mod timestream;
mod world;
