//! SQL as text: tokens, macros and the read-only guard. Text to text, no I/O.
//!
//! A query goes through [`macros::expand`], then [`guard::check`]; only what passes both reaches an engine.

pub mod bucket;
pub mod dataset;
pub mod filter;
pub mod guard;
pub mod kind;
pub mod literal;
pub mod macros;
pub mod partition;
pub mod token;
pub mod zone;

use crate::error::Result;

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;

/// The longest statement that both services take, in bytes.
pub const MAX_LENGTH: usize = 262_144;

/// The statement without the semicolons around it, which not every service takes.
///
/// # Errors
///
/// A text whose strings or comments are not closed.
pub fn without_semicolons(sql: &str) -> Result<String> {
    let tokens = token::tokenize(sql)?;
    Ok(tokens.iter().filter(|token| !token.is_punctuation(";")).map(|token| token.text).collect())
}

/// A short piece of untrusted `text`, for an error message.
fn excerpt(text: &str) -> String {
    const LONGEST: usize = 40;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
