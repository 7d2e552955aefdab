//! The four AWS APIs that the sandbox plays, and where each is at home.

/// Region of Timestream.
pub(super) const TIMESTREAM_REGION: &str = "eu-west-1";
/// Region of Athena and S3.
pub(super) const ATHENA_REGION: &str = "eu-west-2";
/// The account that owns everything.
pub(super) const ACCOUNT: &str = "000000000000";

/// One of the APIs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Api {
    /// Timestream Query, JSON 1.0.
    Timestream,
    /// Athena, JSON 1.1.
    Athena,
    /// S3, REST and XML.
    S3,
    /// STS, form-encoded with XML answers.
    Sts,
}

impl Api {
    /// The name in the signature's credential scope, and in the admin routes.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Timestream => "timestream",
            Self::Athena => "athena",
            Self::S3 => "s3",
            Self::Sts => "sts",
        }
    }

    /// The only region it answers in; `None` where every region does.
    pub(super) const fn region(self) -> Option<&'static str> {
        match self {
            Self::Timestream => Some(TIMESTREAM_REGION),
            Self::Athena | Self::S3 => Some(ATHENA_REGION),
            Self::Sts => None,
        }
    }

    /// The content type of its answers.
    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Self::Timestream => "application/x-amz-json-1.0",
            Self::Athena => "application/x-amz-json-1.1",
            Self::S3 => "application/xml",
            Self::Sts => "text/xml",
        }
    }
}
