//! The Athena leg against the sandbox: the real SDK, signed requests, pages, polls, faults.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod failures;
mod files;
mod load;
mod results;
mod sandbox;
