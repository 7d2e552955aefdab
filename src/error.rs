//! The one error that crosses module boundaries: a kind, and a sentence that says what to do.
//!
//! The kind decides the HTTP status, whether Grafana counts the failure against the plugin or against what lies
//! downstream of it, and whether a retry may help. The message is shown to a dashboard viewer: it never holds a secret.

use std::fmt;

/// What went wrong, by who can mend it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The query cannot be run as written: its JSON, its macros, or a statement that does not read.
    BadQuery,
    /// The data source's settings are wrong.
    BadSettings,
    /// AWS refused the credentials, or there are none.
    Unauthenticated,
    /// AWS knows the caller and denies the action.
    AccessDenied,
    /// Something named does not exist: a resource path, a table, a workgroup.
    NotFound,
    /// AWS throttled the call and retrying did not help.
    Throttled,
    /// The engine did not finish within the time limit.
    Timeout,
    /// The caller went away, or somebody stopped the query in AWS.
    Cancelled,
    /// The engine ran the statement and says that the statement is at fault.
    Rejected,
    /// The engine or the network failed.
    Unavailable,
    /// Switchboard itself is at fault.
    Internal,
}

/// Whom Grafana's service level objectives blame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorSource {
    /// Switchboard.
    Plugin,
    /// The query, the settings, AWS or the network.
    Downstream,
}

impl ErrorSource {
    /// The value of `DataResponse.errorSource`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Plugin => "plugin",
            Self::Downstream => "downstream",
        }
    }
}

impl ErrorKind {
    /// The HTTP status that Grafana shows.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::BadQuery | Self::BadSettings | Self::Rejected => 400,
            Self::Unauthenticated => 401,
            Self::AccessDenied => 403,
            Self::NotFound => 404,
            Self::Throttled => 429,
            Self::Cancelled => 499,
            Self::Internal => 500,
            Self::Unavailable => 502,
            Self::Timeout => 504,
        }
    }

    /// Whom to blame.
    #[must_use]
    pub const fn source(self) -> ErrorSource {
        match self {
            Self::Internal => ErrorSource::Plugin,
            _ => ErrorSource::Downstream,
        }
    }

    /// The word used in metric labels and health details.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BadQuery => "bad_query",
            Self::BadSettings => "bad_settings",
            Self::Unauthenticated => "unauthenticated",
            Self::AccessDenied => "access_denied",
            Self::NotFound => "not_found",
            Self::Throttled => "throttled",
            Self::Timeout => "timeout",
            Self::Cancelled => "cancelled",
            Self::Rejected => "rejected",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A failure on its way to the person who asked.
///
/// Cloneable, because identical statements in flight share one execution and so one failure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    kind: ErrorKind,
    message: String,
}

impl Error {
    /// An error of `kind`; `message` says what happened and what to do about it.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    /// The query cannot be run as written.
    pub fn bad_query(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::BadQuery, message)
    }

    /// The settings are wrong.
    pub fn bad_settings(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::BadSettings, message)
    }

    /// Switchboard is at fault.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Internal, message)
    }

    /// What went wrong.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The sentence for the person who asked.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

/// A result whose failure is an [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;
