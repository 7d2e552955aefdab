//! Trino's and Timestream's SQL, rewritten for DataFusion.
//!
//! A statement's way: [`tokens`] (durations, measure columns, letter case), [`grammar`] (casts, literals, intervals),
//! [`rewrite`] (select items, functions by the rules of [`functions`], unnesting by [`unnest`]), then DataFusion's planner
//! with [`operators`] for what depends on types and the functions of [`udf`] that DataFusion lacks or means differently.

mod aggregates;
pub mod errors;
mod formats;
mod functions;
mod grammar;
mod operators;
mod rewrite;
mod statement;
mod tokens;
pub mod types;
mod udf;
mod unnest;

pub use aggregates::aggregate_functions;
pub use operators::TrinoOperators;
pub use rewrite::{DISAMBIGUATOR, Translated};
pub use statement::{Command, Statement, parse};
pub use udf::{scalar_functions, write_value};

/// Which service's SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SqlDialect {
    /// Athena's.
    Trino,
    /// Timestream's.
    Timestream,
}
