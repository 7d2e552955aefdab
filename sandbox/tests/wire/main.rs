//! The sandbox from outside: raw HTTP, signed by the SDK's own signer, against every operation and every fault.

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
