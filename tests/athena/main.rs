//! The Athena leg against the sandbox: the real SDK, signed requests, pages, polls, faults.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod failures;
mod files;
mod results;
#[expect(dead_code, reason = "shared with athena_load, which asks for more of it")]
mod sandbox;
