//! What an answer says beside its numbers: a notice is shown on the panel, and never replaces an error.

use serde::Serialize;

/// How loud a notice is; Grafana draws the icon by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// The numbers are right but not the whole of what was asked.
    Warning,
    /// The numbers should not be relied on.
    Error,
}

/// One sentence for the person who reads the panel.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Notice {
    /// How loud.
    pub severity: Severity,
    /// The sentence.
    pub text: String,
}

impl Notice {
    /// A notice worth knowing.
    pub fn info(text: impl Into<String>) -> Self {
        Self { severity: Severity::Info, text: text.into() }
    }

    /// A notice that the answer is not the whole of what was asked.
    pub fn warning(text: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, text: text.into() }
    }
}
