//! AWS's wire protocols over the engine: one process, one loopback port, so that the real SDKs, their signatures, paging,
//! polling and cancelling are exercised without an account.
//!
//! A request passes [`sigv4`], is counted by [`calls`], may meet one of the [`faults`], and is then answered by its API:
//! [`timestream`] (eu-west-1), [`athena`] and [`s3`] (eu-west-2), [`sts`] (any region). [`admin`] sits beside them under
//! `/_sandbox/`, unsigned.

mod admin;
mod api;
mod athena;
mod aws_error;
mod backend;
mod calls;
mod canned;
mod cell;
mod credentials;
mod dispatch;
mod faults;
mod number;
mod options;
mod request;
mod s3;
mod server;
mod sigv4;
mod state;
mod sts;
mod text;
mod timestream;

pub use athena::result_file;
pub use backend::Backend;
pub use options::{DEFAULT_ACCESS_KEY, DEFAULT_SECRET_KEY, Options};
pub use server::{Builder, RunningSandbox, Sandbox, StartError};
