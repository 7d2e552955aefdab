//! SQL as text: tokens, macros and the read-only guard. Text to text, no I/O.

pub mod guard;
pub mod macros;
pub mod token;
