//! The read-only guard: exactly one statement, and it reads.

use crate::error::Result;

/// What the operator allows beyond reading statements.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Policy {
    /// `EXECUTE` of a prepared statement.
    pub allow_execute: bool,
}

/// Passes `sql` if it is exactly one statement that reads.
///
/// # Errors
///
/// Says what was found and what is allowed.
pub fn check(_sql: &str, _policy: Policy) -> Result<()> {
    unimplemented!()
}
